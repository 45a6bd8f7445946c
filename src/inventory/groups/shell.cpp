#include "inventory/groups/shell.h"

namespace lockstep {

Result<std::string> run_shell(const std::string& command, const std::string& directory,
                              const ShellLimits& limits) {
  return run_command({{"/bin/sh", "-c", command}, directory, {}, command}, limits);
}

}  // namespace lockstep
