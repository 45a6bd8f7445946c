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

/// "OpenSSH 9.2p1 (protocol 2.0)"; with the keys of a service, which differ from node to node.
std::string said(const ServiceObservation& seen) {
  const Service& service = seen.service;
  std::string text = service.product;
  for (const std::string& part :
       {service.version, service.info.empty() ? "" : "(" + service.info + ")"}) {
    if (!part.empty()) text += (text.empty() ? "" : " ") + part;
  }
  if (!seen.note.empty()) text += (text.empty() ? "" : "; ") + seen.note;
  return text;
}

/// "ssl/http"; with a question mark where it is no more than the custom of its port.
std::string name_of(const PortObservation& seen, const ServiceObservation* service) {
  if (service == nullptr) return std::string(port_name(seen.port, seen.protocol));
  if (service->service.name.empty()) return std::string(port_name(seen.port, seen.protocol)) + "?";
  return (service->service.tls ? "ssl/" : "") + service->service.name;
}

/// Rows of one port, state and service, with the nodes that show it.
std::string ports_table(const SweepRecord& record) {
  std::map<std::tuple<Protocol, Port, PortState, Evidence, std::string, std::string>,
           std::set<std::string>>
      rows;
  for (const PortObservation& seen : record.observations) {
    const ServiceObservation* const service = service_at(record, seen);
    rows[{seen.protocol, seen.port, seen.state, seen.evidence, name_of(seen, service),
          service == nullptr ? "" : said(*service)}]
        .insert(seen.node);
  }
  const bool asked = !record.services.empty();
  std::vector<std::string> header = {"PORT", "STATE", "EVIDENCE", "NAME"};
  if (asked) header.emplace_back("SAYS");
  header.emplace_back("NODES");
  Table table(header);
  for (const auto& [key, nodes] : rows) {
    const auto& [protocol, port, state, evidence, name, says] = key;
    const std::vector<std::string> names(nodes.begin(), nodes.end());
    std::vector<std::string> row = {fmt::format("{}/{}", port, to_string(protocol)),
                                    std::string(to_string(state)), std::string(to_string(evidence)),
                                    name.empty() ? "" : shown(name)};
    if (asked) row.push_back(shown_sentence(says, 100));
    row.push_back(nodes_in_short(names));
    table.add(std::move(row));
  }
  return table.empty() ? "" : table.to_string() + "\n";
}

}  // namespace

std::string scan_text(const SweepRecord& record) {
  return ports_table(record) + format_interruption(record) + coverage_line(record) + "\n" +
         format_gaps(record.coverage, "  ") + format_effort(record.summary) + ", engine " +
         record.summary.method + "\n";
}

}  // namespace lockstep::cli
