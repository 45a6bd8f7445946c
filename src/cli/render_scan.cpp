#include "cli/render_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/text.h"
#include "cli/format.h"
#include "cli/table.h"
#include "model/port_spec.h"

namespace lockstep::cli {
namespace {

/// "12 of 12 addresses examined in full: 786,420 ports asked, 786,420 answered, 36 open"
std::string coverage_line(const SweepRecord& record) {
  std::map<std::pair<std::string_view, IpAddress>, bool> addresses;  // one may have two protocols
  std::uint64_t asked = 0;
  std::uint64_t answered = 0;
  std::uint64_t open = 0;
  for (const Coverage& coverage : record.coverage) {
    const auto place = addresses.try_emplace({coverage.node, coverage.address}, true).first;
    place->second = place->second && coverage.examined();
    asked += coverage.asked;
    answered += coverage.answered;
    open += coverage.open;
  }
  const auto examined =
      std::ranges::count(addresses, true, [](const auto& each) { return each.second; });
  return fmt::format("{} of {} examined in full: {} asked, {} answered, {} open", examined,
                     plural(addresses.size(), "address", "addresses"), plural(asked, "port"),
                     with_thousands(answered), with_thousands(open));
}

/// Rows of one port and state, with the nodes that show it.
std::string ports_table(const std::vector<PortObservation>& observations) {
  std::map<std::tuple<Protocol, Port, PortState, Evidence>, std::set<std::string>> rows;
  for (const PortObservation& seen : observations) {
    rows[{seen.protocol, seen.port, seen.state, seen.evidence}].insert(seen.node);
  }
  Table table({"PORT", "STATE", "EVIDENCE", "NAME", "NODES"});
  for (const auto& [key, nodes] : rows) {
    const auto& [protocol, port, state, evidence] = key;
    const std::vector<std::string> names(nodes.begin(), nodes.end());
    table.add({fmt::format("{}/{}", port, to_string(protocol)), std::string(to_string(state)),
               std::string(to_string(evidence)), std::string(port_name(port, protocol)),
               nodes_in_short(names)});
  }
  return table.empty() ? "" : table.to_string() + "\n";
}

}  // namespace

std::string scan_text(const SweepRecord& record) {
  return ports_table(record.observations) + format_interruption(record) + coverage_line(record) +
         "\n" + format_gaps(record.coverage, "  ") + format_effort(record.summary) + ", engine " +
         record.summary.method + "\n";
}

}  // namespace lockstep::cli
