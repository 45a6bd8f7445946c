#include "cli/format.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <map>
#include <set>
#include <tuple>

#include "base/text.h"
#include "model/nodeset.h"

namespace lockstep::cli {

std::string format_duration(std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long>(seconds);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string format_rate(double per_second) {
  if (per_second < 1000) return fmt::format("{:.0f} pps", per_second);
  if (per_second < 1e6) return fmt::format("{:.0f} kpps", per_second / 1e3);
  return fmt::format("{:.1f} Mpps", per_second / 1e6);
}

std::string format_time(WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string format_gaps(const std::vector<Coverage>& coverage, const std::string& indent) {
  struct Members {
    std::set<std::string> nodes;
    std::uint64_t asked = 0;
    std::uint64_t wanted = 0;
  };
  std::map<std::pair<CoverageGap, std::string>, Members> gaps;
  for (const Coverage& one : coverage) {
    if (one.gap == CoverageGap::none || (one.gap == CoverageGap::unanswered && one.note.empty())) {
      continue;
    }
    Members& members = gaps[{one.gap, one.note}];
    members.nodes.insert(one.node);
    members.asked += one.asked;
    members.wanted += one.wanted;
  }
  std::string text;
  for (const auto& [gap, members] : gaps) {
    const std::vector<std::string> names(members.nodes.begin(), members.nodes.end());
    text += fmt::format("{}{}: {}", indent, to_string(gap.first), fold_nodeset(names));
    if (!gap.second.empty()) text += fmt::format(" ({})", gap.second);
    if (gap.first == CoverageGap::interrupted) {
      text += fmt::format(" ({} of {} ports asked)", with_thousands(members.asked),
                          with_thousands(members.wanted));
    }
    text += "\n";
  }
  return text;
}

}  // namespace lockstep::cli
