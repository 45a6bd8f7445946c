// From an engine's table to observations and coverage.

#pragma once

#include "collectors/collector.h"
#include "scan/plan.h"
#include "scan/result_table.h"

namespace lockstep {

/// Reports target `index` of `plan` to `sink`. `interrupted`: the run was stopped, so a port
/// without an answer may just not have been waited for, and is not called filtered.
void report_target(const CollectTarget& target, const scan::Plan& plan,
                   const scan::ResultTable& table, std::size_t index, bool interrupted,
                   ObservationSink& sink);

/// Adds what is known of target `index` while the engine still runs, if it was begun.
void report_so_far(const CollectTarget& target, const scan::Plan& plan,
                   const scan::ResultTable& table, std::size_t index, CollectCheckpoint& to);

/// The coverage of a target that was never begun.
Coverage unexamined(const CollectTarget& target, Protocol protocol, std::size_t ports,
                    CoverageGap gap);

}  // namespace lockstep
