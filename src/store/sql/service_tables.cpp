#include "store/sql/service_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/escaped.h"
#include "base/text.h"
#include "store/sql/address_reader.h"
#include "store/sql/node_conditions.h"
#include "store/sql/rows.h"
#include "store/sql/service_key_tables.h"
#include "store/sql/service_places.h"
#include "store/sql/text.h"

namespace lockstep {
namespace {

constexpr std::size_t kMostProgramBytes = 4000;
constexpr std::size_t kMostKeptBannerBytes = 512;  // a person sees by these what it is

constexpr Column kColumns[] = {
    {"node", 255},   {"network", 255}, {"address", 45},  {"protocol", 5},  {"port"},
    {"name", 100},   {"product", 255}, {"version", 255}, {"info", 255},    {"hostname", 255},
    {"system", 255}, {"device", 255},  {"tls"},          {"match", 10},    {"answer", 20},
    {"doubt", 20},   {"note", 1000},   {"programs"},     {"asked_at", 20}, {"banner"}};
/// All but the banner, which is needed of a few alone.
constexpr std::span<const Column> kRead = std::span(kColumns).first(std::size(kColumns) - 1);
constexpr BulkTable kServices = {"services", kColumns, 5};
constexpr BulkTable kServicesWhereNone = {"services", kColumns, 5, true};

std::unexpected<Error> corrupt_service(Fields row) {
  return corrupt_row("services",
                     fmt::format("node {}, address {}, port {}", quoted(row[0].value_or("")),
                                 quoted(row[2].value_or("")), quoted(row[4].value_or(""))),
                     "one of its values has no sense");
}

/// The columns from `name` on, without the keys, which stand elsewhere.
std::optional<Service> to_service(Fields row) {
  const auto text = [&](std::size_t i) { return std::string(row[i].value_or("")); };
  const auto match = parse_service_match(text(13));
  const auto answer = parse_service_answer(text(14));
  const auto doubt = parse_service_doubt(text(15));
  auto programs = parse_programs(row[17].value_or(""));
  if (!match || !answer || !doubt || !programs) return std::nullopt;
  Service service;
  service.name = text(5);
  service.match = *match;
  service.product = text(6);
  service.version = text(7);
  service.info = text(8);
  service.hostname = text(9);
  service.system = text(10);
  service.device = text(11);
  service.tls = row[12] == "1";
  service.programs = std::move(*programs);
  service.answer = *answer;
  service.doubt = *doubt;
  return service;
}

auto order_of(const ServiceFact& fact) {
  const ServiceObservation& seen = fact.seen;
  return std::tie(seen.node, seen.network, seen.address, seen.protocol, seen.port);
}

Result<void> write(Connection& connection, const BulkTable& table, const ServicePlaces& places,
                   WallTime now) {
  const std::string asked_at = to_text(now);
  std::string programs;
  std::string banner;
  return connection.bulk().upsert(table, places.all().size(), [&](std::size_t i, BulkRow& row) {
    const ServicePlace& each = places.all()[i];
    const Service& service = each.seen->service;
    row.text(each.place.node);
    row.text(each.place.network);
    row.text(each.place.address);
    row.text(each.place.protocol);
    row.number(each.port);
    for (const std::string* const text :
         {&service.name, &service.product, &service.version, &service.info, &service.hostname,
          &service.system, &service.device}) {
      row.cut_text(*text);
    }
    row.number(service.tls ? 1 : 0);
    row.text(to_text(service.match));
    row.text(to_string(service.answer));
    row.text(to_string(service.doubt));
    row.cut_text(each.seen->note);
    programs = to_text(service.programs, kMostProgramBytes);
    row.text(programs);
    row.text(asked_at);
    banner = escaped(std::string_view(service.banner).substr(0, kMostKeptBannerBytes));
    row.text(banner);
  });
}

Result<std::vector<ServiceFact>> read(Connection& connection, std::span<const Column> columns,
                                      const std::string& where) {
  std::vector<ServiceFact> facts;
  AddressReader addresses;
  const std::string query = fmt::format("SELECT {} FROM services{}", names_of(columns), where);
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    const auto address = addresses.read(row[2].value_or(""));
    const auto protocol = parse_protocol(row[3].value_or(""));
    const auto port = parse_port_number(row[4].value_or(""));
    auto service = to_service(row);
    const auto asked = parse_time(row[18].value_or(""));
    if (!address || !protocol || !port || !service || !asked) return corrupt_service(row);
    if (row.size() > std::size(kRead)) service->banner = unescaped(row[19].value_or(""));
    facts.push_back({{std::string(row[0].value_or("")), *address, std::string(row[1].value_or("")),
                      *protocol, *port, std::move(*service), std::string(row[16].value_or(""))},
                     *asked});
    return {};
  }));
  if (!std::ranges::is_sorted(facts, {}, order_of)) std::ranges::sort(facts, {}, order_of);
  LOCKSTEP_CHECK(read_service_keys(connection, where, facts));
  return facts;
}

}  // namespace

Result<std::vector<ServiceFact>> read_services(Connection& connection) {
  return read(connection, kRead, "");
}

Result<std::vector<ServiceFact>> read_services_of(Connection& connection, const std::string& node) {
  const std::string stored = storable(node);
  std::string where = condition_of(std::span(&stored, 1));
  if (!where.empty()) where.insert(0, " WHERE ");
  LOCKSTEP_TRY(std::vector<ServiceFact> facts, read(connection, kColumns, where));
  std::erase_if(facts, [&](const ServiceFact& fact) { return fact.seen.node != stored; });
  return facts;
}

Result<void> write_services(Connection& connection, std::span<const ServiceObservation> services,
                            WallTime now) {
  if (services.empty()) return {};
  ServicePlaces telling(services, ServicePlaces::Which::telling);
  LOCKSTEP_CHECK(write(connection, kServices, telling, now));
  LOCKSTEP_CHECK(update_service_keys(connection, telling));
  const ServicePlaces mute(services, ServicePlaces::Which::mute);
  return write(connection, kServicesWhereNone, mute, now);
}

}  // namespace lockstep
