#include "store/sql/port_state_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "store/sql/address_reader.h"
#include "store/sql/look_tables.h"
#include "store/sql/port_change_tables.h"
#include "store/sql/rows.h"
#include "store/sql/staged_nodes.h"

namespace lockstep {
namespace {

constexpr Column kColumns[] = {{"node", 255}, {"network", 255}, {"address", 45},  {"protocol", 5},
                               {"port"},      {"state", 20},    {"evidence", 20}, {"since", 20}};
constexpr BulkTable kPortStates = {"port_states", kColumns, 5};

std::string query_of(std::string_view which) {
  return fmt::format("SELECT {} FROM port_states{}", names_of(kColumns), which);
}

std::unexpected<Error> corrupt_state(Fields row) {
  return corrupt_row("port_states",
                     fmt::format("node {}, address {}, port {}", quoted(row[0].value_or("")),
                                 quoted(row[2].value_or("")), quoted(row[4].value_or(""))),
                     "one of its values has no sense");
}

/// What a row says of its port.
struct StoredState {
  Port port = 0;
  PortState state = PortState::open;
  Evidence evidence = Evidence::syn_ack;
  std::string_view since;
};

std::optional<StoredState> to_state(Fields row) {
  const auto port = parse_port_number(row[4].value_or(""));
  const auto state = parse_port_state(row[5].value_or(""));
  const auto evidence = parse_evidence(row[6].value_or(""));
  if (!port || !state || !evidence) return std::nullopt;
  return StoredState{*port, *state, *evidence, row[7].value_or("")};
}

auto order_of(const PortFact& fact) {
  const PortObservation& seen = fact.seen;
  return std::tie(seen.node, seen.network, seen.address, seen.protocol, seen.port);
}

/// What is to be written so that the table says what was seen.
class Difference {
 public:
  Difference(SeenPlaces& seen, const PortSets& asked, WallTime now)
      : seen_(seen), asked_(asked), now_(to_text(now)) {}

  /// Compares a stored row.
  Result<void> compare(Fields row) {
    SeenPlace* const place = seen_.find(
        {row[0].value_or(""), row[1].value_or(""), row[2].value_or(""), row[3].value_or("")});
    if (place == nullptr) return {};
    const std::optional<StoredState> stored = to_state(row);
    if (!stored) return corrupt_state(row);
    SeenPort* const port = place->find(stored->port);
    if (port == nullptr) {
      const auto protocol = parse_protocol(row[3].value_or(""));
      const bool asked = protocol && asked_.of(*protocol).contains(stored->port);
      if (!place->examined || !asked) return {};
      gone_.push_back({place, stored->port});
      changes_.push_back({place, stored->port, PortState::closed, stored->state});
      return {};
    }
    port->stored = true;
    const bool same_state = port->state == stored->state;
    if (same_state && port->evidence == stored->evidence) return {};
    written_.push_back({place, *port, same_state ? std::string(stored->since) : now_});
    if (!same_state) changes_.push_back({place, port->port, port->state, stored->state});
    return {};
  }

  /// After all rows were compared: what was seen and is not stored. True where there is any.
  bool add_new() {
    const std::size_t before = written_.size();
    for (const SeenPlace& place : seen_.places()) {
      for (const SeenPort& port : place.ports) {
        if (!port.stored) written_.push_back({&place, port, {}});
      }
    }
    return written_.size() > before;
  }

  /// Ports that are new were closed where somebody had looked at them.
  void note_opened(const ExaminedBefore& before) {
    if (before.empty()) return;
    for (const Written& each : written_) {
      const auto protocol = parse_protocol(each.place->place.protocol);
      if (!each.since.empty() || !protocol) continue;
      if (!before.has(*each.place, *protocol, each.port.port)) continue;
      changes_.push_back({each.place, each.port.port, each.port.state, PortState::closed});
    }
  }

  std::vector<SeenChange>& changes() { return changes_; }

  Result<void> write(Connection& connection) const {
    LOCKSTEP_CHECK(
        connection.bulk().erase(kPortStates, gone_.size(), [&](std::size_t i, BulkRow& row) {
          write_place(gone_[i].place->place, row);
          row.number(gone_[i].port);
        }));
    return connection.bulk().upsert(kPortStates, written_.size(), [&](std::size_t i, BulkRow& row) {
      const Written& each = written_[i];
      write_place(each.place->place, row);
      row.number(each.port.port);
      row.text(to_string(each.port.state));
      row.text(to_string(each.port.evidence));
      row.text(each.since.empty() ? now_ : each.since);
    });
  }

 private:
  struct Gone {
    const SeenPlace* place;
    Port port;
  };
  struct Written {
    const SeenPlace* place;
    SeenPort port;
    std::string since;  // empty: now, without a copy for each of many
  };

  static void write_place(const Place& place, BulkRow& row) {
    row.text(place.node);
    row.text(place.network);
    row.text(place.address);
    row.text(place.protocol);
  }

  SeenPlaces& seen_;
  const PortSets& asked_;
  std::string now_;
  std::vector<Gone> gone_;
  std::vector<Written> written_;
  std::vector<SeenChange> changes_;
};

}  // namespace

Result<std::vector<PortFact>> read_port_states(Connection& connection) {
  std::vector<PortFact> facts;
  AddressReader addresses;
  LOCKSTEP_CHECK(connection.bulk().read(query_of(""), [&](Fields row) -> Result<void> {
    const std::optional<StoredState> stored = to_state(row);
    const auto address = addresses.read(row[2].value_or(""));
    const auto protocol = parse_protocol(row[3].value_or(""));
    const auto since = parse_time(row[7].value_or(""));
    if (!stored || !address || !protocol || !since) return corrupt_state(row);
    facts.push_back({{std::string(row[0].value_or("")), *address, std::string(row[1].value_or("")),
                      *protocol, stored->port, stored->state, stored->evidence},
                     *since});
    return {};
  }));
  if (!std::ranges::is_sorted(facts, {}, order_of)) std::ranges::sort(facts, {}, order_of);
  return facts;
}

Result<void> update_port_states(Connection& connection, SeenPlaces& seen, const PortSets& asked,
                                const StateMoment& moment) {
  Difference difference(seen, asked, moment.now);
  LOCKSTEP_CHECK(connection.bulk().read(query_of(fmt::format(" WHERE {}", kOfStagedNodes)),
                                        [&](Fields row) { return difference.compare(row); }));
  if (difference.add_new()) {
    LOCKSTEP_TRY(const ExaminedBefore before, read_examined_before(connection, moment.sweep, seen));
    difference.note_opened(before);
  }
  LOCKSTEP_CHECK(difference.write(connection));
  return write_port_changes(connection, difference.changes(), moment.now);
}

}  // namespace lockstep
