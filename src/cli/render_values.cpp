#include "cli/render_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/text.h"
#include "cli/format.h"
#include "cli/table.h"
#include "model/alert.h"

namespace lockstep::cli {
namespace {

using control::ValueRow;

/// "A-17: like its class; 39 of 40 have 8"
std::string state_text(const ValueRow& row) {
  if (row.alert == 0) return "-";
  std::string text =
      fmt::format("{}: expected {}", alert_name(row.alert), shown_sentence(row.expected));
  if (!row.clones.empty()) text += "; " + shown_sentence(row.clones);
  return text;
}

std::string told_value(const ValueRow& row) {
  return row.missing ? "missing" : value_text(row.fact.seen);
}

}  // namespace

std::string value_text(const ValueObservation& value) {
  const double* const number = std::get_if<double>(&value.value);
  if (number == nullptr) return quoted(std::get<std::string>(value.value));
  if (value.unit.empty()) return fmt::format("{:.10g}", *number);
  return fmt::format("{:.10g} {}", *number, shown(value.unit));
}

std::string values_text(const std::vector<ValueRow>& rows, WallTime now) {
  if (rows.empty()) return "No value is known.\n";
  using Line = std::tuple<std::string, std::string, std::string, std::string>;
  struct Nodes {
    std::vector<std::string> names;
    WallTime oldest{};
  };
  std::map<Line, Nodes> lines;
  for (const ValueRow& row : rows) {
    const ValueObservation& seen = row.fact.seen;
    Nodes& nodes = lines[{seen.instance, seen.name, told_value(row), state_text(row)}];
    nodes.oldest = nodes.names.empty() ? row.fact.at : std::min(nodes.oldest, row.fact.at);
    nodes.names.push_back(seen.node);
  }
  Table table({"INSTANCE", "NAME", "VALUE", "NODES", "AGE", "ALERT"});
  for (const auto& [line, nodes] : lines) {
    const auto& [instance, name, value, state] = line;
    table.add({shown(instance), shown(name), value, nodes_in_short(nodes.names),
               format_age(now - nodes.oldest), state});
  }
  return table.to_string();
}

std::string node_values_text(const std::vector<ValueRow>& rows, WallTime now) {
  Table table({"VALUE OF", "MEASURED", "AGE", "ALERT"});
  for (const ValueRow& row : rows) {
    const ValueObservation& seen = row.fact.seen;
    table.add({fmt::format("{}/{}", shown(seen.instance), shown(seen.name)), told_value(row),
               format_age(now - row.fact.at), state_text(row)});
  }
  return table.to_string();
}

}  // namespace lockstep::cli
