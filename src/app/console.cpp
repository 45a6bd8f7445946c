#include "app/console.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>

namespace lockstep {

Result<void> StandardConsole::print(std::string_view text) {
  line_.clear();
  return lockstep::print(text);
}

void StandardConsole::warn(std::string_view text) {
  line_.clear();
  lockstep::warn(text);
}

Result<void> print(std::string_view text) {
  const bool whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (whole && std::fflush(stdout) == 0) return {};
  return std::unexpected(system_error(errno, "standard output"));
}

void warn(std::string_view text) {
  std::fputs(fmt::format("lockstep: {}\n", text).c_str(), stderr);
}

}  // namespace lockstep
