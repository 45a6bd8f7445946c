#include "store/sql/report_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/text.h"
#include "store/sql/address_reader.h"
#include "store/sql/rows.h"
#include "store/sql/text.h"

namespace lockstep {
namespace {

constexpr Column kLookColumns[] = {
    {"node", 255},   {"instance", 60},           {"network", 255},
    {"address", 45}, {"tcp", kMaxExaminedBytes}, {"udp", kMaxExaminedBytes},
    {"looked", 20}};
constexpr BulkTable kLooks = {"reported_looks", kLookColumns, 4};

constexpr Column kPortColumns[] = {{"node", 255},   {"instance", 60}, {"network", 255},
                                   {"address", 45}, {"protocol", 5},  {"port"},
                                   {"since", 20}};
constexpr BulkTable kPorts = {"reported_ports", kPortColumns, 6};

std::unexpected<Error> corrupt_report(std::string_view table, Fields row) {
  return corrupt_row(table,
                     fmt::format("node {}, instance {}, address {}", quoted(row[0].value_or("")),
                                 quoted(row[1].value_or("")), quoted(row[3].value_or(""))),
                     "one of its values has no sense");
}

/// Of texts that are not harmless, all rows are read.
std::string query_for(const BulkTable& table, std::string_view instance, std::string_view node) {
  std::string query =
      fmt::format("SELECT {} FROM {} WHERE 1 = 1", names_of(table.columns), table.name);
  if (!instance.empty() && is_harmless(instance)) {
    query += fmt::format(" AND instance = '{}'", instance);
  }
  if (!node.empty() && is_harmless(node)) query += fmt::format(" AND node = '{}'", node);
  return query;
}

/// An empty text may come back as none.
bool has_sense(std::string_view ports) {
  return ports.empty() || parse_examined_ports(ports).has_value();
}

Result<std::vector<ReportedLook>> read_looks_of(Connection& connection, std::string_view instance,
                                                std::string_view node) {
  std::vector<ReportedLook> looks;
  AddressReader addresses;
  const std::string query = query_for(kLooks, instance, node);
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    if (!instance.empty() && row[1] != instance) return {};
    if (!node.empty() && row[0] != node) return {};
    const auto text = [&](std::size_t i) { return std::string(row[i].value_or("")); };
    const auto address = addresses.read(row[3].value_or(""));
    const auto looked = parse_time(row[6].value_or(""));
    if (!address || !looked || !has_sense(text(4)) || !has_sense(text(5))) {
      return corrupt_report("reported_looks", row);
    }
    looks.push_back({text(0), text(1), text(2), *address, text(4), text(5), *looked});
    return {};
  }));
  std::ranges::sort(looks);
  return looks;
}

Result<std::vector<ReportedPort>> read_ports_of(Connection& connection, std::string_view instance,
                                                std::string_view node) {
  std::vector<ReportedPort> ports;
  AddressReader addresses;
  const std::string query = query_for(kPorts, instance, node);
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    if (!instance.empty() && row[1] != instance) return {};
    if (!node.empty() && row[0] != node) return {};
    const auto text = [&](std::size_t i) { return std::string(row[i].value_or("")); };
    const auto address = addresses.read(row[3].value_or(""));
    const auto protocol = parse_protocol(row[4].value_or(""));
    const auto port = parse_port_number(row[5].value_or(""));
    const auto since = parse_time(row[6].value_or(""));
    if (!address || !protocol || !port || !since) return corrupt_report("reported_ports", row);
    ports.push_back({text(0), text(1), text(2), *address, *protocol, *port, *since});
    return {};
  }));
  std::ranges::sort(ports);
  return ports;
}

using Place = std::tuple<std::string, std::string, std::string, std::string>;

template <typename Fact>
Place place_of(const Fact& fact) {
  return {storable(fact.node), storable(fact.instance), storable(fact.network),
          fact.address.to_string()};
}

void fill_place(const Place& place, BulkRow& row) {
  row.text(std::get<0>(place));
  row.text(std::get<1>(place));
  row.text(std::get<2>(place));
  row.text(std::get<3>(place));
}

using PortPlace = std::tuple<Place, Protocol, Port>;

/// One a place: the last one.
std::vector<std::pair<PortPlace, const ReportedPort*>> by_place(
    std::span<const ReportedPort> ports) {
  std::map<PortPlace, const ReportedPort*> unique;
  for (const ReportedPort& each : ports) {
    unique[{place_of(each), each.protocol, each.port}] = &each;
  }
  return {unique.begin(), unique.end()};
}

void fill_port_place(const PortPlace& place, BulkRow& row) {
  fill_place(std::get<0>(place), row);
  row.text(to_string(std::get<1>(place)));
  row.number(std::get<2>(place));
}

}  // namespace

Result<PortReports> read_reports(Connection& connection, std::string_view instance,
                                 std::string_view node) {
  const std::string of_instance = storable(instance);
  const std::string of_node = storable(node);
  PortReports reports;
  LOCKSTEP_TRY(reports.looks, read_looks_of(connection, of_instance, of_node));
  LOCKSTEP_TRY(reports.ports, read_ports_of(connection, of_instance, of_node));
  return reports;
}

Result<void> change_reports(Connection& connection, const ReportChanges& changes) {
  const auto gone = by_place(changes.gone);
  LOCKSTEP_CHECK(connection.bulk().erase(kPorts, gone.size(), [&](std::size_t i, BulkRow& row) {
    fill_port_place(gone[i].first, row);
  }));
  const auto ports = by_place(changes.ports);
  LOCKSTEP_CHECK(connection.bulk().upsert(kPorts, ports.size(), [&](std::size_t i, BulkRow& row) {
    fill_port_place(ports[i].first, row);
    row.time(ports[i].second->since);
  }));
  std::map<Place, const ReportedLook*> unique;
  for (const ReportedLook& each : changes.looks) unique[place_of(each)] = &each;
  const std::vector<std::pair<Place, const ReportedLook*>> looks(unique.begin(), unique.end());
  return connection.bulk().upsert(kLooks, looks.size(), [&](std::size_t i, BulkRow& row) {
    fill_place(looks[i].first, row);
    row.text(looks[i].second->tcp);
    row.text(looks[i].second->udp);
    row.time(looks[i].second->looked);
  });
}

}  // namespace lockstep
