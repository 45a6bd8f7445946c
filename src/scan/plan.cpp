#include <algorithm>

#include "scan/plan.h"

namespace lockstep::scan {

bool Fence::permits(const IpAddress& address) const {
  const bool allowed = std::any_of(allow_.begin(), allow_.end(),
                                   [&](const Prefix& prefix) { return prefix.contains(address); });
  return allowed && std::none_of(exclude_.begin(), exclude_.end(), [&](const IpRange& range) {
           return range.first <= address && address <= range.last;
         });
}

}  // namespace lockstep::scan
