#include "cli/format.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/text.h"
#include "model/nodeset.h"
#include "model/reported_port.h"

namespace lockstep::cli {
namespace {

std::tm utc(WallTime time) {
  return fmt::gmtime(std::chrono::system_clock::to_time_t(time));
}

/// quoted() changes nothing of it.
bool harmless(const std::string& text) {
  return quoted(text, text.size()).size() == text.size() + 2;
}

}  // namespace

std::string format_duration(std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long>(seconds);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string format_age(std::chrono::nanoseconds age) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(age);
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  const std::int64_t seconds = std::max(whole, std::chrono::seconds(0)).count();
  if (seconds < kMinute) return fmt::format("{}s", seconds);
  if (seconds < kHour) return fmt::format("{}m", seconds / kMinute);
  if (seconds < 2 * kDay) return fmt::format("{}h", seconds / kHour);
  return fmt::format("{}d", seconds / kDay);
}

std::string format_rate(double per_second) {
  if (per_second < 1000) return fmt::format("{:.0f} pps", per_second);
  if (per_second < 1e6) return fmt::format("{:.0f} kpps", per_second / 1e3);
  return fmt::format("{:.1f} Mpps", per_second / 1e6);
}

std::string format_time(WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc(time));
}

std::string format_clock(WallTime time, WallTime near) {
  using std::chrono::days;
  const bool same_day = std::chrono::floor<days>(time) == std::chrono::floor<days>(near);
  return same_day ? fmt::format("{:%H:%MZ}", utc(time))
                  : fmt::format("{:%Y-%m-%d %H:%MZ}", utc(time));
}

std::string plural(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", with_thousands(count), count == 1 ? one : many);
}

std::string plural(std::size_t count, const std::string& noun) {
  return plural(count, noun, noun + "s");
}

std::string shown(const std::string& text) {
  const bool word = !text.empty() && text.find(' ') == std::string::npos && harmless(text);
  return word ? text : quoted(text, text.size());
}

std::string shown_sentence(const std::string& text, std::size_t limit) {
  std::string unmarked = text;
  std::erase_if(unmarked, [](char c) { return c == '"' || c == '\\'; });
  const bool as_it_is = text.size() <= limit && harmless(unmarked);
  return as_it_is ? text : quoted(text, std::min(limit, text.size()));
}

std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : shown_sentence(text))
    word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string class_text(const std::string& node_class, const std::string& network) {
  if (node_class.empty()) return "-";
  // Who reported it, if it was not us, the detail says.
  const std::string name(network_view(network).network);
  return shown(name.empty() ? node_class : host_type(node_class, name));
}

std::string subject_text(FindingKind kind, std::optional<Protocol> protocol,
                         std::optional<Port> port, std::optional<PortState> state,
                         const std::string& reason) {
  if (protocol) {
    return fmt::format("{}/{}{}{}", port ? std::to_string(*port) : "*", to_string(*protocol),
                       state ? " " : "", state ? to_string(*state) : "");
  }
  switch (kind) {
    case FindingKind::node_unreachable: return "no answer";
    case FindingKind::coverage_gap: return "not proven";
    case FindingKind::profile_changed: return "not as approved";
    case FindingKind::stack_mismatch: return "TCP stack";
    case FindingKind::node_rebuilt: return "keys";
    case FindingKind::value_deviates: return reason.empty() ? "value" : shown(reason);
    case FindingKind::scan_overdue: return "not scanned";
    case FindingKind::collector_failed: return "plug-in";
    case FindingKind::sweep_late: return "schedule";
    case FindingKind::scheduler_unavailable: return "job scheduler";
    case FindingKind::clock_stepped: return "clock";
    case FindingKind::orphan_listener:
    case FindingKind::unexpected_port:
    case FindingKind::transient_port:
    case FindingKind::unexpected_filtered:
    case FindingKind::missing_port:
    case FindingKind::service_mismatch:
    case FindingKind::service_silent:
    case FindingKind::version_drift:
    case FindingKind::hostkey_changed:
    case FindingKind::hostkey_shared:
    case FindingKind::certificate_changed: break;
  }
  return "-";
}

std::string nodes_in_short(std::span<const std::string> nodes) {
  return nodes.empty() ? "-" : shown(fold_nodeset(nodes));
}

std::string severity_text(Severity severity) {
  switch (severity) {
    case Severity::critical: return "CRIT";
    case Severity::high: return "HIGH";
    case Severity::medium: return "MED";
    case Severity::low: return "LOW";
    case Severity::informational: return "INFO";
  }
  return "?";
}

std::string format_effort(const CollectSummary& summary) {
  const double seconds = std::chrono::duration<double>(summary.duration).count();
  const double rate = seconds > 0 ? static_cast<double>(summary.probes_sent) / seconds : 0;
  std::string effort = fmt::format("{} in {} ({})", plural(summary.probes_sent, "probe"),
                                   format_duration(summary.duration), format_rate(rate));
  if (summary.resumed == 0) return effort;
  return fmt::format("{}, {} of an earlier sweep that was cut short", effort,
                     plural(summary.resumed, "answer"));
}

std::string format_interruption(const SweepRecord& record) {
  if (!record.summary.problem.empty()) {
    return fmt::format("INCOMPLETE: {}\n", shown_sentence(record.summary.problem));
  }
  std::string text;
  if (record.summary.interrupted) {
    text = "INCOMPLETE: interrupted; what was found so far stands\n";
  }
  if (!record.summary.not_resumable.empty()) {
    text += fmt::format("Its place was not kept, had it been killed: {}\n",
                        shown_sentence(record.summary.not_resumable));
  }
  return text;
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
    text += fmt::format("{}{}: {}", indent, to_string(gap.first), nodes_in_short(names));
    if (!gap.second.empty()) text += fmt::format(" ({})", shown_sentence(gap.second));
    if (gap.first == CoverageGap::interrupted) {
      text += fmt::format(" ({} of {} ports asked)", with_thousands(members.asked),
                          with_thousands(members.wanted));
    }
    text += "\n";
  }
  return text;
}

}  // namespace lockstep::cli
