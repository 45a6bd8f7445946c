// A command that is asked something: run to its end under limits, for what it writes.

#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace lockstep {

struct Command {
  /// The first is looked up in PATH. No shell sees them.
  std::vector<std::string> words;
  /// Where it runs; empty: where we do.
  std::string directory;
  /// Changes of our environment: "NAME=VALUE" is set, "NAME" is taken out.
  std::vector<std::string> environment;
  /// What messages call it: "the command \"sinfo\"".
  std::string name;
};

struct CommandLimits {
  std::chrono::milliseconds time{10'000};
  std::size_t output_bytes = 16 << 20;
  /// Once it is set, the command is killed within some tens of milliseconds; may be null.
  const std::atomic<bool>* stop = nullptr;
};

/// What the command writes to its standard output, with an empty standard input. It has a process
/// group of its own, which is killed at the end, whatever the end is: also where we are killed.
/// Errors: `unavailable` for a
/// time limit that passed, a stop, and for a status other than 0, with what the command said on its
/// standard error; `invalid` for too much output; `not_found` for no such program.
Result<std::string> run_command(const Command& command, const CommandLimits& limits);

}  // namespace lockstep
