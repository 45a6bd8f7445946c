#include "store/sql/event_tables.h"

#include <fmt/format.h>

#include <string>

#include "base/text.h"
#include "store/sql/numbers.h"
#include "store/sql/rows.h"

namespace lockstep {
namespace {

constexpr Column kColumns[] = {
    {"id"}, {"happened_at", 20}, {"kind", 40}, {"subject", 255}, {"nodes"}};
constexpr BulkTable kEvents = {"events", kColumns, 1};

}  // namespace

Result<void> add_events(Connection& connection, std::span<const Event> events) {
  if (events.empty()) return {};
  const std::int64_t first = next_id(connection, kEvents.name);
  return connection.bulk().upsert(kEvents, events.size(), [&](std::size_t i, BulkRow& row) {
    row.number(first + static_cast<std::int64_t>(i));
    row.time(events[i].at);
    row.text(to_string(events[i].kind));
    row.cut_text(events[i].subject);
    row.text(events[i].nodes);
  });
}

Result<std::vector<Event>> read_events(Connection& connection, std::int64_t after,
                                       std::size_t limit) {
  std::vector<Event> events;
  const std::string query = fmt::format("SELECT {} FROM events WHERE id > {} ORDER BY id LIMIT {}",
                                        names_of(kColumns), after, to_number(limit));
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    const auto text = [&](std::size_t i) { return std::string(row[i].value_or("")); };
    const auto id = parse_number(text(0));
    const auto at = parse_time(text(1));
    const auto kind = parse_event_kind(text(2));
    if (!id || !at || !kind) {
      return corrupt_row(kEvents.name, fmt::format("id {}", quoted(text(0))),
                         "one of its values has no sense");
    }
    events.push_back({*id, *at, *kind, text(3), text(4)});
    return {};
  }));
  return events;
}

std::int64_t read_latest_event(Connection& connection) {
  return next_id(connection, kEvents.name) - 1;
}

}  // namespace lockstep
