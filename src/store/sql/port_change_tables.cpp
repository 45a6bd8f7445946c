#include "store/sql/port_change_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "store/sql/address_reader.h"
#include "store/sql/numbers.h"
#include "store/sql/rows.h"
#include "store/sql/text.h"
#include "store/sql/texts.h"

namespace lockstep {
namespace {

constexpr Column kColumns[] = {{"node", 255},   {"happened_at", 20}, {"network", 255},
                               {"address", 45}, {"protocol", 5},     {"port"},
                               {"state", 20},   {"was", 20}};
constexpr BulkTable kChanges = {"port_changes", kColumns, 6};

/// A host that begins to drop what it refused changes 65,535 ports at once, and a rack of them a
/// few million: that is one fact, which its alerts tell.
constexpr std::size_t kMostOfAPlace = 256;

bool is_about_open(const SeenChange& change) {
  return change.state == PortState::open || change.was == PortState::open;
}

void keep_some(std::vector<SeenChange>& changes) {
  std::ranges::sort(changes, {}, [](const SeenChange& change) {
    return std::tuple(change.place, !is_about_open(change), change.port);
  });
  const SeenPlace* latest = nullptr;
  std::size_t of_place = 0;
  std::erase_if(changes, [&](const SeenChange& change) {
    of_place = change.place == latest ? of_place + 1 : 0;
    latest = change.place;
    return of_place >= kMostOfAPlace;
  });
}

using Texts = std::vector<std::string>;

Result<PortChange> to_change(const Texts& row, AddressReader& addresses) {
  const auto address = addresses.read(row[3]);
  const auto protocol = parse_protocol(row[4]);
  const auto port = parse_port_number(row[5]);
  const auto at = parse_time(row[1]);
  const auto state = parse_port_state(row[6]);
  const auto was = parse_port_state(row[7]);
  if (!address || !protocol || !port || !at || !state || (!was && !row[7].empty())) {
    return corrupt_row(
        kChanges.name,
        fmt::format("node {}, address {}, port {}", quoted(row[0]), quoted(row[3]), quoted(row[5])),
        "one of its values has no sense");
  }
  return PortChange{row[0], row[2], *address, *protocol, *port, *at, *state, was};
}

/// `query` has a parameter where there is a node.
Result<std::vector<PortChange>> select(Connection& connection, const std::string& query,
                                       const std::string& node) {
  const auto parameter = node.empty() ? std::nullopt : std::optional(storable(node));
  const auto rows = select_texts(connection.sql(), query, std::size(kColumns), parameter);
  AddressReader addresses;
  std::vector<PortChange> changes;
  for (const Texts& row : rows) {
    LOCKSTEP_TRY(PortChange change, to_change(row, addresses));
    changes.push_back(std::move(change));
  }
  return changes;
}

Result<std::vector<PortChange>> select_changes(Connection& connection, const std::string& node,
                                               const Period& period, std::size_t limit) {
  return select(connection,
                fmt::format("SELECT {} FROM port_changes WHERE {}happened_at BETWEEN '{}' AND '{}' "
                            "ORDER BY happened_at DESC LIMIT {}",
                            names_of(kColumns), node.empty() ? "" : "node = :node AND ",
                            to_text(period.from), to_text(period.to), to_number(limit)),
                node);
}

/// Ports that are open since a time in the period, whatever they were before.
Result<std::vector<PortChange>> select_open(Connection& connection, const std::string& node,
                                            const Period& period, std::size_t limit) {
  return select(
      connection,
      fmt::format(
          "SELECT node, since, network, address, protocol, port, state, '' FROM port_states "
          "WHERE node = :node AND state = 'open' AND since BETWEEN '{}' AND '{}' "
          "ORDER BY since DESC LIMIT {}",
          to_text(period.from), to_text(period.to), to_number(limit)),
      node);
}

auto place_and_time(const PortChange& change) {
  return std::tie(change.network, change.address, change.protocol, change.port, change.at);
}

/// Of two that say that a port became open, the one that says what it was.
void drop_doubled(std::vector<PortChange>& changes) {
  std::ranges::sort(changes, [](const PortChange& a, const PortChange& b) {
    const auto places = std::pair(place_and_time(a), place_and_time(b));
    return places.first != places.second ? places.first < places.second
                                         : a.was.has_value() && !b.was.has_value();
  });
  const auto doubled = std::ranges::unique(changes, {}, place_and_time);
  changes.erase(doubled.begin(), doubled.end());
}

/// The latest, in the order of time.
void keep_latest(std::vector<PortChange>& changes, std::size_t limit) {
  std::ranges::sort(changes, {}, [](const PortChange& change) {
    return std::tie(change.at, change.network, change.address, change.protocol, change.port);
  });
  if (changes.size() <= limit) return;
  changes.erase(changes.begin(), changes.end() - static_cast<std::ptrdiff_t>(limit));
}

}  // namespace

Result<void> write_port_changes(Connection& connection, std::vector<SeenChange>& changes,
                                WallTime now) {
  if (changes.empty()) return {};
  keep_some(changes);
  const std::string at = to_text(now);
  return connection.bulk().upsert(kChanges, changes.size(), [&](std::size_t i, BulkRow& row) {
    const SeenChange& each = changes[i];
    row.text(each.place->place.node);
    row.text(at);
    row.text(each.place->place.network);
    row.text(each.place->place.address);
    row.text(each.place->place.protocol);
    row.number(each.port);
    row.text(to_string(each.state));
    row.text(to_string(each.was));
  });
}

Result<std::vector<PortChange>> read_port_changes(Connection& connection, const std::string& node,
                                                  const Period& period, std::size_t limit) {
  LOCKSTEP_TRY(std::vector<PortChange> changes, select_changes(connection, node, period, limit));
  if (!node.empty()) {
    LOCKSTEP_TRY(const auto open, select_open(connection, node, period, limit));
    changes.insert(changes.end(), open.begin(), open.end());
    drop_doubled(changes);
  }
  keep_latest(changes, limit);
  return changes;
}

Result<std::optional<WallTime>> read_past_begins(Connection& connection) {
  const auto rows = select_texts(connection.sql(), "SELECT since FROM past_begins", 1);
  if (rows.empty()) return std::optional<WallTime>();
  const auto since = parse_time(rows.front().front());
  if (!since) return corrupt_row("past_begins", quoted(rows.front().front()), "it is no time");
  return since;
}

}  // namespace lockstep
