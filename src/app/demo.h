// `lockstep demo`: a small cluster, a profile, a clean sweep, an intrusion, and what Lockstep says.

#pragma once

#include <atomic>

#include "base/result.h"
#include "cli/options.h"

namespace lockstep {

/// Plays the demonstration on standard output, and then, where standard input is a terminal, lets
/// the daemon run until `stop`. Returns whether exactly the planted deviations were
/// found: no more, no less. Errors tell why it could not be played. Everything is removed at the
/// end, unless it was asked to stay.
Result<bool> run_demo(const cli::DemoCommand& command, const std::atomic<bool>& stop);

}  // namespace lockstep
