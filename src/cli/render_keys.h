// The keys of nodes, for people.

#pragma once

#include <string>
#include <vector>

#include "control/key_use_cases.h"

namespace lockstep::cli {

/// A row a key, those of several nodes that share one folded.
std::string keys_text(const std::vector<control::KeyRow>& rows, WallTime now);

std::string accept_text(const control::AcceptReport& report, control::AcceptWhat what);

}  // namespace lockstep::cli
