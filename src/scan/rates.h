// Who may be sent how much: caps of addresses, groups and the whole, met all at once.

#pragma once

#include <vector>

#include "scan/plan.h"

namespace lockstep::scan {

/// The rate of each target such that no cap is exceeded: the target's own, the sum of its group's,
/// the sum of all. Max-min fair: what one cannot use, the others of its group and then all others
/// share evenly (water-filling; Bertsekas and Gallager, Data Networks, section 6.5.2). Infinite
/// where nothing caps it. `active` are indices into plan.targets; the result runs parallel to it.
std::vector<double> allocate_rates(const Plan& plan, const std::vector<std::uint32_t>& active,
                                   PacketsPerSecond total);

}  // namespace lockstep::scan
