// Shell commands of a group source ("upcalls"), run under limits.

#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace lockstep {

struct ShellLimits {
  std::chrono::milliseconds time{10'000};
  std::size_t output_bytes = 16 << 20;
};

/// What `command` writes to its standard output, run by /bin/sh in `directory` with an empty
/// standard input. The command has a process group of its own, which is killed at the end,
/// whatever the end is. Errors: `unavailable` for a time limit that passed and for a status other
/// than 0, with what the command said on its standard error; `invalid` for too much output.
Result<std::string> run_shell(const std::string& command, const std::string& directory,
                              const ShellLimits& limits);

}  // namespace lockstep
