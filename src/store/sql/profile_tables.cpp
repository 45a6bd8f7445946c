#include "store/sql/profile_tables.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "store/sql/rows.h"
#include "store/sql/text.h"
#include "store/sql/texts.h"

namespace lockstep {
namespace {

constexpr Column kOpenPortColumns[] = {
    {"port"}, {"protocol", 5}, {"service", kMaxServiceBytes}, {"host_type", kMaxHostTypeBytes}};
constexpr BulkTable kOpenPorts = {"open_ports", kOpenPortColumns, 0};

/// A row that a hand has written, to be shown when it has no sense.
struct HandRow {
  std::string_view table;
  std::vector<std::string_view> columns;
  const std::vector<std::string>& values;

  std::unexpected<Error> error(std::string_view complaint) const {
    std::string shown;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      shown += fmt::format("{}{} {}", i == 0 ? "" : ", ", columns[i], quoted(values[i]));
    }
    return fail(ErrorKind::corrupt,
                fmt::format("table {}, the row {}: {}; correct or delete it with an SQL client",
                            table, shown, complaint));
  }
};

Result<void> check_host_type(const HandRow& row, std::string_view type) {
  if (type.empty()) return row.error("the host type is missing");
  if (type.size() > kMaxHostTypeBytes) return row.error("the host type is too long");
  return {};
}

std::string of_type(const char* query, const std::optional<std::string>& type) {
  return query + std::string(type ? " WHERE TRIM(host_type) = :parameter" : "");
}

// --- open_ports ---

// CHAR(n) comes padded from some databases.
constexpr const char* kSelectOpenPorts =
    "SELECT port, LOWER(TRIM(protocol)), TRIM(service), TRIM(host_type) FROM open_ports";

Result<ExpectedPort> to_expected_port(const std::vector<std::string>& values) {
  const HandRow row = {"open_ports", {"port", "protocol", "service", "host_type"}, values};
  const std::optional<Port> port = parse_port_number(values[0]);
  if (!port) return row.error("the port is not 1 to 65535");
  const std::optional<Protocol> protocol = parse_protocol(values[1]);
  if (!protocol) return row.error("the protocol is neither tcp nor udp");
  if (values[2].size() > kMaxServiceBytes) return row.error("the service is too long");
  LOCKSTEP_CHECK(check_host_type(row, values[3]));
  return ExpectedPort{*port, *protocol, values[2], {}};
}

using PortsByType = std::map<std::string, std::map<std::pair<Port, Protocol>, std::string>>;

/// Where rows repeat a port, one that names a service wins over one that does not check it, then
/// the first by alphabet, so that the order of rows never matters.
Result<PortsByType> read_open_ports(Connection& connection,
                                    const std::optional<std::string>& type) {
  PortsByType result;
  for (const auto& values :
       select_texts(connection.sql(), of_type(kSelectOpenPorts, type), 4, type)) {
    LOCKSTEP_TRY(const ExpectedPort expected, to_expected_port(values));
    const auto [place, fresh] =
        result[values[3]].try_emplace({expected.port, expected.protocol}, expected.service);
    std::string& service = place->second;
    const bool stricter = service.empty() || expected.service < service;
    if (!fresh && !expected.service.empty() && stricter) service = expected.service;
  }
  return result;
}

// --- port_rules ---

constexpr const char* kSelectRules =
    "SELECT TRIM(host_type), LOWER(TRIM(protocol)), TRIM(ports), TRIM(presence), "
    "TRIM(until) FROM port_rules";

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

/// What follows the colon of "rpc:100021": the number of a program, as `rpcinfo -p` shows it.
bool parse_rpc(std::string_view text, PortRule& rule) {
  const std::optional<std::int64_t> program = parse_number(text);
  if (!program || *program < 1 || *program > std::numeric_limits<std::uint32_t>::max()) {
    return false;
  }
  rule.presence = Presence::rpc;
  rule.rpc_program = static_cast<std::uint32_t>(*program);
  return true;
}

/// Words may be in upper case; what follows "service:" stays as it is.
bool parse_presence(std::string_view stored, PortRule& rule) {
  constexpr std::string_view kRpc = "rpc:";
  constexpr std::string_view kService = "service:";
  const std::string text = lower(stored);
  if (text.starts_with(kRpc)) return parse_rpc(std::string_view(text).substr(kRpc.size()), rule);
  if (text.starts_with(kService)) {
    rule.presence = Presence::service;
    rule.service = trimmed(stored.substr(kService.size()));
    return !rule.service.empty();
  }
  for (const Presence each :
       {Presence::required, Presence::optional, Presence::job, Presence::submit}) {
    if (text != to_string(each)) continue;
    rule.presence = each;
    return true;
  }
  return false;
}

/// A hand may leave out the time of day: "2026-12-01" is its midnight, UTC.
std::optional<WallTime> parse_until(const std::string& text) {
  constexpr std::size_t kDate = 10;
  return parse_time(text.size() == kDate ? text + "T00:00:00Z" : text);
}

Result<PortRule> to_rule(const std::vector<std::string>& values) {
  const HandRow row = {
      "port_rules", {"host_type", "protocol", "ports", "presence", "until"}, values};
  LOCKSTEP_CHECK(check_host_type(row, values[0]));
  PortRule rule;
  const std::optional<Protocol> protocol = parse_protocol(values[1]);
  if (!protocol) return row.error("the protocol is neither tcp nor udp");
  rule.protocol = *protocol;
  const Result<PortSet> ports = parse_port_set(values[2]);
  if (!ports) return row.error(ports.error().message());
  if (ports->empty()) return row.error("the ports are missing");
  rule.ports = *ports;
  if (!parse_presence(values[3], rule)) {
    return row.error(
        "the presence is none of required, optional, job, submit, rpc:PROGRAM, service:TEXT");
  }
  if (rule.service.size() > kMaxServiceBytes) return row.error("the service is too long");
  if (values[4].empty()) return rule;
  rule.until = parse_until(values[4]);
  if (!rule.until) return row.error("the end is not like 2026-12-01T00:00:00Z, or empty");
  return rule;
}

/// Rules by their texts: that is their order, and what is written twice counts once.
using RuleKey = std::tuple<std::string_view, std::string, std::string, std::string>;
using RulesByType = std::map<std::string, std::map<RuleKey, PortRule>>;

RuleKey key_of(const PortRule& rule) {
  std::string presence(to_string(rule.presence));
  if (rule.presence == Presence::rpc) presence += fmt::format(":{}", rule.rpc_program);
  if (rule.presence == Presence::service) presence += ":" + rule.service;
  return {to_string(rule.protocol), rule.ports.to_string(), std::move(presence),
          rule.until ? to_text(*rule.until) : ""};
}

Result<RulesByType> read_rules(Connection& connection, const std::optional<std::string>& type) {
  RulesByType result;
  for (const auto& values : select_texts(connection.sql(), of_type(kSelectRules, type), 5, type)) {
    LOCKSTEP_TRY(const PortRule rule, to_rule(values));
    result[values[0]].try_emplace(key_of(rule), rule);
  }
  return result;
}

// --- service_rules ---

/// The rules of the names in `used`; of all, where it is none.
Result<std::map<std::string, std::string>> read_service_rules(
    Connection& connection, const std::optional<std::set<std::string>>& used) {
  std::map<std::string, std::string> result;
  for (const auto& values :
       select_texts(connection.sql(), "SELECT TRIM(name), TRIM(rule) FROM service_rules", 2)) {
    if (used && !used->contains(values[0])) continue;
    const HandRow row = {"service_rules", {"name", "rule"}, values};
    if (values[0].empty()) return row.error("the name is missing");
    if (values[0].size() > kMaxServiceBytes) return row.error("the name is too long");
    if (values[1].empty()) return row.error("the rule is missing");
    if (!result.try_emplace(values[0], values[1]).second) {
      return row.error("another row has the same name");
    }
  }
  return result;
}

void fill_service_rules(const std::map<std::string, std::string>& rules,
                        std::vector<ExpectedPort>& ports) {
  for (ExpectedPort& expected : ports) {
    const auto rule = rules.find(expected.service);
    if (rule != rules.end()) expected.service_rule = rule->second;
  }
}

std::set<std::string> services_of(const std::vector<ExpectedPort>& ports) {
  std::set<std::string> services;
  for (const ExpectedPort& expected : ports) {
    if (!expected.service.empty()) services.insert(expected.service);
  }
  return services;
}

}  // namespace

Result<std::vector<Profile>> read_profiles(Connection& connection,
                                           const std::optional<std::string>& type) {
  LOCKSTEP_TRY(const PortsByType ports_by_type, read_open_ports(connection, type));
  LOCKSTEP_TRY(const RulesByType rules_by_type, read_rules(connection, type));
  std::map<std::string, Profile> profiles;
  for (const auto& [name, ports] : ports_by_type) {
    for (const auto& [key, service] : ports) {
      profiles[name].ports.push_back({key.first, key.second, service, {}});
    }
  }
  for (const auto& [name, rules] : rules_by_type) {
    for (const auto& [key, rule] : rules) profiles[name].rules.push_back(rule);
  }
  std::vector<Profile> result;
  for (auto& [name, profile] : profiles) {
    profile.host_type = name;
    result.push_back(std::move(profile));
  }
  if (type) {
    // Rows of service_rules that nothing here uses are others' business.
    for (Profile& profile : result) {
      LOCKSTEP_CHECK(name_service_rules(connection, profile.ports));
    }
    return result;
  }
  LOCKSTEP_TRY(const auto service_rules, read_service_rules(connection, std::nullopt));
  for (Profile& profile : result) fill_service_rules(service_rules, profile.ports);
  return result;
}

Result<void> write_open_ports(Connection& connection, const Profile& profile) {
  const std::string type = storable(profile.host_type);
  connection.sql() << "DELETE FROM open_ports WHERE TRIM(host_type) = :type", soci::use(type);
  return connection.bulk().upsert(kOpenPorts, profile.ports.size(),
                                  [&](std::size_t i, BulkRow& row) {
                                    const ExpectedPort& expected = profile.ports[i];
                                    row.number(expected.port);
                                    row.text(to_string(expected.protocol));
                                    row.text(expected.service);
                                    row.text(type);
                                  });
}

Result<void> name_service_rules(Connection& connection, std::vector<ExpectedPort>& ports) {
  LOCKSTEP_TRY(const auto rules, read_service_rules(connection, services_of(ports)));
  fill_service_rules(rules, ports);
  return {};
}

}  // namespace lockstep
