#include "store/sql/look_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "store/sql/node_conditions.h"
#include "store/sql/rows.h"
#include "store/sql/staged_nodes.h"

namespace lockstep {
namespace {

constexpr Column kColumns[] = {{"node", 255}, {"network", 255}, {"address", 45}, {"protocol", 5},
                               {"port_set"},  {"sweep"},        {"looked", 20},  {"examined", 20},
                               {"gap", 20},   {"asked"},        {"wanted"}};
constexpr BulkTable kLooks = {"looks", kColumns, 5};

std::unexpected<Error> corrupt_look(Fields row) {
  return corrupt_row(
      "looks",
      fmt::format("node {}, address {}", quoted(row[0].value_or("")), quoted(row[2].value_or(""))),
      "one of its values has no sense");
}

/// 0 to 65535, and more than that is no count of ports.
std::optional<std::uint32_t> parse_count(std::string_view text) {
  const auto number = parse_number(text);
  if (!number || *number < 0 || *number > 0xffff'ffff) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

Result<Look> to_look(Fields row, std::size_t port_set) {
  const auto text = [&](std::size_t i) { return row[i].value_or(""); };
  const Result<IpAddress> address = IpAddress::parse(text(2));
  const auto protocol = parse_protocol(text(3));
  const auto sweep = parse_number(text(5));
  const auto looked = parse_time(text(6));
  const auto examined = row[7] ? parse_time(*row[7]) : std::nullopt;
  const auto gap = parse_coverage_gap(text(8));
  const auto asked = parse_count(text(9));
  const auto wanted = parse_count(text(10));
  if (!address || !protocol || !sweep || !looked || !gap || !asked || !wanted ||
      (row[7] && !examined)) {
    return corrupt_look(row);
  }
  Look look;
  look.node = text(0);
  look.network = text(1);
  look.address = *address;
  look.protocol = *protocol;
  look.ports = port_set;
  look.sweep = *sweep;
  look.looked = *looked;
  look.examined = examined;
  look.gap = *gap;
  look.asked = *asked;
  look.wanted = *wanted;
  return look;
}

/// The sets of ports that looks refer to, each once.
class StoredPortSets {
 public:
  Result<void> load(Connection& connection) {
    return connection.bulk().read(
        "SELECT id, ports FROM port_sets WHERE id IN (SELECT port_set FROM looks) ORDER BY id",
        [&](Fields row) -> Result<void> {
          const Result<PortSets> ports = parse_port_sets(row[1].value_or(""));
          if (!ports) {
            return corrupt_row("port_sets", fmt::format("id {}", quoted(row[0].value_or(""))),
                               ports.error().message());
          }
          index_.emplace(row[0].value_or(""), sets_.size());
          sets_.push_back(*ports);
          return {};
        });
  }

  std::optional<std::size_t> index_of(std::string_view id) const {
    const auto found = index_.find(id);
    return found == index_.end() ? std::nullopt : std::optional(found->second);
  }

  std::vector<PortSets> take() { return std::move(sets_); }

 private:
  std::map<std::string, std::size_t, std::less<>> index_;
  std::vector<PortSets> sets_;
};

/// When the places of `seen` were last examined in full with these ports, as stored.
Result<std::unordered_map<const SeenPlace*, WallTime>> stored_examinations(Connection& connection,
                                                                           std::int64_t port_set,
                                                                           SeenPlaces& seen) {
  std::unordered_map<const SeenPlace*, WallTime> result;
  const std::string query = fmt::format(
      "SELECT node, network, address, protocol, examined FROM looks WHERE port_set = {} AND "
      "examined IS NOT NULL AND {}",
      port_set, kOfStagedNodes);
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    const SeenPlace* const place = seen.find(
        {row[0].value_or(""), row[1].value_or(""), row[2].value_or(""), row[3].value_or("")});
    const std::optional<WallTime> examined = parse_time(row[4].value_or(""));
    if (!examined) return corrupt_look(row);
    if (place != nullptr) result.emplace(place, *examined);
    return {};
  }));
  return result;
}

/// Of the nodes that are meant, where there are any; `where` may hold of more.
Result<Looks> select_looks(Connection& connection, const std::string& where,
                           const std::set<std::string_view>& meant) {
  StoredPortSets sets;
  LOCKSTEP_CHECK(sets.load(connection));
  Looks result;
  const std::string query = fmt::format("SELECT {} FROM looks{}{}", names_of(kColumns),
                                        where.empty() ? "" : " WHERE ", where);
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    if (!meant.empty() && !meant.contains(row[0].value_or(""))) return {};
    const auto port_set = sets.index_of(row[4].value_or(""));
    if (!port_set) return corrupt_look(row);
    LOCKSTEP_TRY(Look look, to_look(row, *port_set));
    result.looks.push_back(std::move(look));
    return {};
  }));
  std::ranges::sort(result.looks, {}, [](const Look& look) {
    return std::tie(look.node, look.network, look.address, look.protocol, look.ports);
  });
  result.port_sets = sets.take();
  return result;
}

}  // namespace

Result<Looks> read_looks(Connection& connection) {
  return select_looks(connection, "", {});
}

Result<Looks> read_looks(Connection& connection, std::span<const std::string> nodes) {
  if (nodes.empty()) return Looks();
  const std::set<std::string_view> meant(nodes.begin(), nodes.end());
  return select_looks(connection, condition_of(nodes), meant);
}

Result<void> write_looks(Connection& connection, const StoredSweep& sweep, SeenPlaces& seen,
                         WallTime now) {
  LOCKSTEP_TRY(const auto examinations, stored_examinations(connection, sweep.port_set, seen));
  std::vector<const SeenPlace*> covered;
  for (const SeenPlace& each : seen.places()) {
    if (each.coverage != nullptr) covered.push_back(&each);
  }
  return connection.bulk().upsert(kLooks, covered.size(), [&](std::size_t i, BulkRow& row) {
    const SeenPlace& each = *covered[i];
    const auto before = examinations.find(&each);
    row.text(each.place.node);
    row.text(each.place.network);
    row.text(each.place.address);
    row.text(each.place.protocol);
    row.number(sweep.port_set);
    row.number(sweep.info.id);
    row.time(now);
    if (each.coverage->examined()) {
      row.time(now);
    } else {
      row.time(before == examinations.end() ? std::nullopt : std::optional(before->second));
    }
    row.text(to_string(each.coverage->gap));
    row.number(each.coverage->asked);
    row.number(each.coverage->wanted);
  });
}

}  // namespace lockstep
