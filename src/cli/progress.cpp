#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"
#include "cli/format.h"

namespace lockstep::cli {
namespace {

constexpr const char* kClearLine = "\r\033[K";

}  // namespace

ProgressLine::ProgressLine() : on_terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (on_terminal_) fmt::print(stderr, "{}", kClearLine);
}

void ProgressLine::draw(const CollectProgress& progress) {
  if (!on_terminal_) return;
  fmt::print(stderr, "{}{}", kClearLine, format_progress(progress));
  std::fflush(stderr);
}

std::string format_progress(const CollectProgress& progress) {
  if (progress.planned == 0) return "finding the nodes ...";
  const std::uint64_t done = std::min(progress.done, progress.planned);
  std::string text = fmt::format("pass {}  {} %  {}", progress.pass, done * 100 / progress.planned,
                                 format_rate(progress.per_second));
  if (progress.per_second > 0) {
    const double left = static_cast<double>(progress.planned - done) / progress.per_second;
    const auto seconds = std::chrono::seconds(static_cast<long>(left + 0.5));
    text += fmt::format("  {} left", format_duration(seconds));
  }
  return text + fmt::format("  {} open ports", with_thousands(progress.open_ports));
}

}  // namespace lockstep::cli
