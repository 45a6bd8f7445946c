#include "app/config_analysis.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "model/port_spec.h"

namespace lockstep {
namespace {

auto as_seconds(std::int64_t least, std::int64_t most) {
  return [least, most](const TomlValue& value) -> Result<std::chrono::seconds> {
    LOCKSTEP_TRY(const std::int64_t seconds, toml_integer(value, least, most));
    return std::chrono::seconds(seconds);
  };
}

Result<int> as_reasks(const TomlValue& value) {
  LOCKSTEP_TRY(const std::int64_t reasks, toml_integer(value, 0, 10));
  return static_cast<int>(reasks);
}

/// Half of the nodes would be no consensus.
Result<double> as_share(const TomlValue& value) {
  LOCKSTEP_TRY(const std::int64_t percent, toml_integer(value, 51, 100));
  return static_cast<double>(percent) / 100;
}

Result<std::size_t> as_least_nodes(const TomlValue& value) {
  LOCKSTEP_TRY(const std::int64_t nodes, toml_integer(value, 3, 100000));
  return static_cast<std::size_t>(nodes);
}

Result<Severity> as_severity(const TomlValue& value) {
  static constexpr std::array<std::string_view, 5> kWords = {"informational", "low", "medium",
                                                             "high", "critical"};
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  if (const auto severity = parse_severity(text)) return *severity;
  const std::string_view likely = nearest(text, kWords);
  return fail(ErrorKind::invalid,
              fmt::format("{} is no severity; {}", quoted(text),
                          likely.empty() ? "write informational, low, medium, high or critical"
                                         : fmt::format("did you mean \"{}\"?", likely)));
}

Result<PortSet> as_ports(const TomlValue& value) {
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  return parse_port_spec(text);
}

/// Calls `set`(kind, severity) for each key of the table [severity].
template <typename Set>
void read_severities(TomlReader& owner, Set set) {
  owner.table("severity", [&](TomlReader& table) {
    for (const FindingKind kind : kFindingKinds) {
      Severity severity{};
      if (table.read(to_string(kind), severity, as_severity)) set(kind, severity);
    }
  });
}

}  // namespace

void read_analysis_tables(TomlReader& root, AnalysisConfig& analysis) {
  root.table("analysis", [&](TomlReader& table) {
    table.read("missing_after_s", analysis.missing_after, as_seconds(0, 86400));
    table.read("reasks", analysis.reasks, as_reasks);
    table.read("reask_interval_s", analysis.reask_interval, as_seconds(0, 60));
  });
  root.table("profiles", [&](TomlReader& table) {
    table.read("consensus_percent", analysis.consensus.share, as_share);
    table.read("consensus_nodes", analysis.consensus.least_nodes, as_least_nodes);
  });
  read_severities(
      root, [&](FindingKind kind, Severity severity) { analysis.severities.set(kind, severity); });
}

void read_class_analysis(TomlReader& table, const std::string& name, AnalysisConfig& analysis) {
  PortSet ports;
  if (table.read("user_ports", ports, as_ports)) analysis.severities.set_user_ports(name, ports);
  read_severities(table, [&](FindingKind kind, Severity severity) {
    analysis.severities.set(name, kind, severity);
  });
}

}  // namespace lockstep
