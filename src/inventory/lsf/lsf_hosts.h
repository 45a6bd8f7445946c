// What bhosts of IBM Spectrum LSF prints of hosts. Written from its documentation (the command
// reference, "bhosts", HOST_STATUS); no real LSF was there to try it with.

#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/scheduler_state.h"

namespace lockstep {

/// For bhosts -o, and what both readers expect.
inline constexpr const char* kBhostsFields = "host_name status njobs";
inline constexpr const char* kBhostsTextFields = "host_name status njobs delimiter='|'";

/// The answer of `bhosts -o FIELDS -json`. `invalid` with the path or the byte.
Result<std::vector<NodeSchedule>> parse_lsf_json(std::string_view text);

/// The answer of `bhosts -w -o TEXT_FIELDS`, with its header or without. `invalid` with the line.
Result<std::vector<NodeSchedule>> parse_lsf_text(std::string_view text);

}  // namespace lockstep
