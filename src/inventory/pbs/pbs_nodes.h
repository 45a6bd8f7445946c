// What pbsnodes of OpenPBS and PBS Professional prints of nodes. Written from their documentation
// (the reference guide, pbsnodes(8B) and "Node States"); no real PBS was there to try it with.

#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/scheduler_state.h"

namespace lockstep {

/// The answer of `pbsnodes -a -F json`. The parts of a host ("n1[0]", "n1[1]") are one node, held
/// if one of them is. Users of jobs are not told there. `invalid` with the path or the byte.
Result<std::vector<NodeSchedule>> parse_pbs_json(std::string_view text);

/// The answer of `pbsnodes -a`, for versions without JSON: the name of a node, and its attributes
/// below, indented. `invalid` with the line.
Result<std::vector<NodeSchedule>> parse_pbs_text(std::string_view text);

}  // namespace lockstep
