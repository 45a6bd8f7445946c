#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "cli/format.h"

namespace lockstep::cli {
namespace {

constexpr const char* kClearLine = "\r\033[K";

/// A year: whoever is told more than that learns nothing. In seconds.
constexpr double kForever = 365.0 * 24 * 3600;

std::string format_left(double left) {
  const auto whole = std::chrono::seconds(std::lround(left));
  return whole < std::chrono::minutes(1) ? fmt::format("{} s", whole.count())
                                         : format_duration(whole);
}

}  // namespace

ProgressLine::ProgressLine() : on_terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  clear();
}

void ProgressLine::clear() {
  if (!drawn_) return;
  std::fputs(kClearLine, stderr);
  std::fflush(stderr);
  drawn_ = false;
}

void ProgressLine::draw(const CollectProgress& progress) {
  if (!on_terminal_) return;
  drawn_ = true;
  // A terminal may go away in the middle, which must not end the collection.
  std::fputs((kClearLine + format_progress(progress)).c_str(), stderr);
  std::fflush(stderr);
}

std::string format_progress(const CollectProgress& progress) {
  if (progress.planned == 0) return "finding the nodes ...";
  const std::uint64_t done = std::min(progress.done, progress.planned);
  std::string text = fmt::format("pass {}  {} %  {}", progress.pass, done * 100 / progress.planned,
                                 format_rate(progress.per_second));
  const double left = static_cast<double>(progress.planned - done) / progress.per_second;
  if (left < kForever) text += fmt::format("  {} left", format_left(left));
  return text + fmt::format("  {} open", with_thousands(progress.open_ports));
}

}  // namespace lockstep::cli
