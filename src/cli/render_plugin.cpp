#include "cli/render_plugin.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/format.h"
#include "cli/render_values.h"
#include "cli/table.h"
#include "documents/json_parts.h"

namespace lockstep::cli {

using namespace documents;
namespace {

namespace json = boost::json;

std::string facts_text(const PluginReport& report) {
  constexpr std::size_t kMostShown = 200;
  Table table({"NODE", "NAME", "VALUE"});
  std::size_t shown_rows = 0;
  for (const ValueObservation& each : report.values) {
    if (++shown_rows > kMostShown) break;
    table.add({shown(each.node), each.name, value_text(each)});
  }
  for (const PortObservation& each : report.ports) {
    if (++shown_rows > kMostShown) break;
    table.add({shown(each.node), fmt::format("{}/{}", each.port, to_string(each.protocol)),
               fmt::format("open at {}", each.address.to_string())});
  }
  for (const ReportedLook& each : report.looks) {
    if (++shown_rows > kMostShown) break;
    table.add({shown(each.node), "examined",
               fmt::format("{}{}{} at {}", each.tcp.empty() ? "" : "tcp " + each.tcp,
                           each.tcp.empty() || each.udp.empty() ? "" : ", ",
                           each.udp.empty() ? "" : "udp " + each.udp, each.address.to_string())});
  }
  std::string text = table.empty() ? "It reported nothing.\n" : table.to_string();
  const std::size_t all = report.values.size() + report.ports.size() + report.looks.size();
  if (all > kMostShown) text += fmt::format("and {} more\n", all - kMostShown);
  for (const PluginNodeAnswer& node : report.nodes) {
    if (!node.error.empty()) {
      text += fmt::format("{}: it says {}\n", shown(node.node), quoted(node.error, 300));
    }
  }
  return text;
}

json::object of_value(const ValueObservation& value) {
  return {{"node", json_text(value.node)},
          {"name", json_text(value.name)},
          {"value", json_value(value.value)},
          {"unit", json_or_null(value.unit)}};
}

json::object of_port(const PortObservation& port) {
  return {{"node", json_text(port.node)},
          {"address", port.address.to_string()},
          {"protocol", to_string(port.protocol)},
          {"port", port.port}};
}

json::object of_look(const ReportedLook& look) {
  return {{"node", json_text(look.node)},
          {"address", look.address.to_string()},
          {"tcp", json_or_null(look.tcp)},
          {"udp", json_or_null(look.udp)}};
}

json::object of_node(const PluginNodeAnswer& node) {
  return {
      {"node", json_text(node.node)}, {"answer", node.answer}, {"error", json_or_null(node.error)}};
}

json::object of_check(const PluginCheck& check) {
  return {{"check", check.check},
          {"good", check.violations.empty()},
          {"violations", json_texts(check.violations)},
          {"note", json_or_null(check.note)}};
}

}  // namespace

bool PluginReport::good() const {
  return std::ranges::all_of(checks, [](const auto& check) { return check.violations.empty(); });
}

std::string plugin_text(const PluginReport& report) {
  std::string text = facts_text(report);
  if (!trimmed(report.complaint).empty()) {
    text += fmt::format("on its standard error: {}\n", quoted(trimmed(report.complaint), 1000));
  }
  text += "\n";
  for (const PluginCheck& check : report.checks) {
    text += fmt::format("{:<5} {}{}\n", check.violations.empty() ? "good" : "WRONG", check.check,
                        check.note.empty() ? "" : fmt::format(" ({})", check.note));
    for (const std::string& each : check.violations) text += fmt::format("      {}\n", each);
  }
  return text + (report.good() ? "\nThe plug-in keeps the contract.\n"
                               : "\nThe plug-in does NOT keep the contract: docs/plugins.md\n");
}

std::string plugin_json(const PluginReport& report) {
  LongDocument document({{"good", report.good()}, {"stderr", json_or_null(report.complaint)}});
  document.add("checks", report.checks, of_check);
  document.add("nodes", report.nodes, of_node);
  document.add("values", report.values, of_value);
  document.add("ports", report.ports, of_port);
  document.add("examined", report.looks, of_look);
  return document.take();
}

}  // namespace lockstep::cli
