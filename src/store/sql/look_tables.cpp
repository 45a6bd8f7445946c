#include "store/sql/look_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
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
                               {"gap", 20},   {"asked"},        {"wanted"},      {"first_sweep"}};
/// All but the last, which is for ourselves.
constexpr std::span<const Column> kRead = std::span(kColumns).first(std::size(kColumns) - 1);
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

/// A sweep that was lost kept its open ports alone: what it examined counts as a look, and says
/// nothing of what the other ports were.
constexpr std::string_view kOfLostSweep =
    "first_sweep IN (SELECT id FROM sweeps WHERE state = 'lost')";

/// What is stored of a look that examined everything.
struct Examination {
  WallTime latest{};
  std::int64_t first_sweep = 0;  ///< 0: before that was noted; negative: it was lost
};

/// Of the places of `seen` that were examined in full with these ports.
Result<std::unordered_map<const SeenPlace*, Examination>> stored_examinations(
    Connection& connection, std::int64_t port_set, SeenPlaces& seen) {
  std::unordered_map<const SeenPlace*, Examination> result;
  const std::string query = fmt::format(
      "SELECT node, network, address, protocol, examined, CASE WHEN {} THEN -1 ELSE first_sweep "
      "END FROM looks WHERE port_set = {} AND examined IS NOT NULL AND {}",
      kOfLostSweep, port_set, kOfStagedNodes);
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    const SeenPlace* const place = seen.find(
        {row[0].value_or(""), row[1].value_or(""), row[2].value_or(""), row[3].value_or("")});
    const std::optional<WallTime> examined = parse_time(row[4].value_or(""));
    if (!examined) return corrupt_look(row);
    const std::int64_t first = parse_number(row[5].value_or("")).value_or(0);
    if (place != nullptr) result.emplace(place, Examination{*examined, first});
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
  const std::string query = fmt::format("SELECT {} FROM looks{}{}", names_of(kRead),
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
    const auto found = examinations.find(&each);
    const Examination* const before = found == examinations.end() ? nullptr : &found->second;
    const bool examined = each.coverage->examined();
    row.text(each.place.node);
    row.text(each.place.network);
    row.text(each.place.address);
    row.text(each.place.protocol);
    row.number(sweep.port_set);
    row.number(sweep.info.id);
    row.time(now);
    if (examined) {
      row.time(now);
    } else {
      row.time(before == nullptr ? std::nullopt : std::optional(before->latest));
    }
    row.text(to_string(each.coverage->gap));
    row.number(each.coverage->asked);
    row.number(each.coverage->wanted);
    if (before == nullptr && !examined) {
      row.null();
    } else {
      const bool is_first = before == nullptr || before->first_sweep < 0;
      row.number(is_first ? sweep.info.id : before->first_sweep);
    }
  });
}

Result<ExaminedBefore> read_examined_before(Connection& connection, std::int64_t sweep,
                                            SeenPlaces& seen) {
  StoredPortSets sets;
  LOCKSTEP_CHECK(sets.load(connection));
  ExaminedBefore result;
  const std::string query = fmt::format(
      "SELECT node, network, address, protocol, port_set FROM looks WHERE examined IS NOT NULL AND "
      "(first_sweep IS NULL OR first_sweep <> {} AND NOT {}) AND {}",
      sweep, kOfLostSweep, kOfStagedNodes);
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    const SeenPlace* const place = seen.find(
        {row[0].value_or(""), row[1].value_or(""), row[2].value_or(""), row[3].value_or("")});
    const auto port_set = sets.index_of(row[4].value_or(""));
    if (!port_set) return corrupt_look(row);
    if (place != nullptr) result.looks_[place].push_back(*port_set);
    return {};
  }));
  result.sets_ = sets.take();
  return result;
}

bool ExaminedBefore::has(const SeenPlace& place, Protocol protocol, Port port) const {
  const auto found = looks_.find(&place);
  return found != looks_.end() && std::ranges::any_of(found->second, [&](std::size_t set) {
           return sets_[set].of(protocol).contains(port);
         });
}

}  // namespace lockstep
