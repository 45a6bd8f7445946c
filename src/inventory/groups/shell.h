// Shell commands of a group source ("upcalls"), run under limits.

#pragma once

#include <string>

#include "base/result.h"
#include "proc/command.h"

namespace lockstep {

using ShellLimits = CommandLimits;

/// run_command() of `command`, run by /bin/sh in `directory`.
Result<std::string> run_shell(const std::string& command, const std::string& directory,
                              const ShellLimits& limits);

}  // namespace lockstep
