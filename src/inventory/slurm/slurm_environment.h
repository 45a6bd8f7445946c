// What Slurm's commands run with.

#pragma once

#include <string>
#include <vector>

namespace lockstep {

/// As Command::environment: times in seconds, and without what a person may have set for commands
/// of their own, which would change the answers to ours.
std::vector<std::string> slurm_environment();

}  // namespace lockstep
