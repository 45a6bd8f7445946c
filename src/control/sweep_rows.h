// Findings and the alerts they are, as the rows of a sweep's report.

#pragma once

#include <span>
#include <vector>

#include "control/use_cases.h"

namespace lockstep::control {

/// Findings that share a cause, and whose alerts share a state of dealing with them, become one
/// row; the gravest first. `now` is when `alerts` were updated. Pure.
std::vector<SweepRow> sweep_rows(std::span<const Finding> findings,
                                 std::span<const AlertRecord> alerts, WallTime now);

/// Says of rows about ports what the scheduler says of their nodes.
void note_holders(std::vector<SweepRow>& rows, const JobsSeen& seen);

}  // namespace lockstep::control
