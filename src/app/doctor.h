// `lockstep doctor`: what works here, what is missing, and how to get it.

#pragma once

#include <string>
#include <vector>

#include "cli/render.h"

namespace lockstep {

/// Checks the configuration (the file that --config named, or the usual one), rights, interface,
/// store, resolver and clock, and what each process of `lockstep serve` may do, by starting them
/// for a moment. Sends nothing, and changes nothing but that the store is made or
/// brought up to date.
std::vector<cli::DoctorCheck> run_doctor(const std::string& config);

}  // namespace lockstep
