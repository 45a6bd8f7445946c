// Values of nodes, for people and for scripts.

#pragma once

#include <string>
#include <vector>

#include "control/value_use_cases.h"

namespace lockstep::cli {

/// "512 GiB", "\"6.1.0\"": what may be a stranger's is quoted.
std::string value_text(const ValueObservation& value);

/// A row a value; nodes that have the same one are folded.
std::string values_text(const std::vector<control::ValueRow>& rows, WallTime now);
/// Of one node, for its page.
std::string node_values_text(const std::vector<control::ValueRow>& rows, WallTime now);

}  // namespace lockstep::cli
