#include "app/console.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>

#include "base/text.h"

namespace lockstep {

Result<void> StandardConsole::print(std::string_view text) {
  line_.clear();
  return lockstep::print(text);
}

void StandardConsole::warn(std::string_view text) {
  line_.clear();
  lockstep::warn(text);
}

Result<void> StandardConsole::open_report(const std::string& path) {
  report_path_ = path;
  report_.open(path, std::ios::trunc);
  if (report_) return {};
  return std::unexpected(system_error(errno, fmt::format("--report {}", lockstep::quoted(path))));
}

Result<void> StandardConsole::write_report(std::string_view text) {
  report_ << text;
  report_.close();
  if (report_) return {};
  return fail(ErrorKind::unavailable,
              fmt::format("could not write {}", lockstep::quoted(report_path_)));
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
