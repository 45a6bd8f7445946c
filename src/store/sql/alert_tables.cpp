#include "store/sql/alert_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "store/alert_events.h"
#include "store/sql/alert_span_tables.h"
#include "store/sql/event_tables.h"
#include "store/sql/node_conditions.h"
#include "store/sql/rows.h"
#include "store/sql/text.h"

namespace lockstep {
namespace {

constexpr Column kColumns[] = {{"id"},
                               {"node", 255},
                               {"kind", 30},
                               {"class"},
                               {"network", 255},
                               {"protocol", 5},
                               {"port"},
                               {"state", 20},
                               {"reason"},
                               {"address", 45},
                               {"severity", 20},
                               {"status", 20},
                               {"first_seen", 20},
                               {"last_seen", 20},
                               {"changed", 20},
                               {"last_closed", 20},
                               {"until", 20},
                               {"expected"},
                               {"detail"},
                               {"clones"},
                               {"owner", 255},
                               {"note"},
                               {"resolution"}};
constexpr BulkTable kAlerts = {"alerts", kColumns, 2};

/// Databases bound the depth of a condition (SQLite: 1,000).
constexpr std::size_t kChoicesAtOnce = 200;

/// Ordered by bytes, whatever the database's collation.
std::tuple<const std::int64_t&, const std::string&> key_of(const AlertRecord& record) {
  return std::tie(record.id, record.node);
}

/// The fields of a row one after the other, and what was wrong with the first that had no sense.
class FieldReader {
 public:
  explicit FieldReader(Fields fields) : fields_(fields) {}

  std::string text() { return std::string(next().value_or("")); }

  /// What `parse` makes of the field.
  template <typename T>
  T value(std::optional<T> (*parse)(std::string_view)) {
    const std::optional<T> parsed = parse(next().value_or(""));
    if (!parsed) note_problem();
    return parsed.value_or(T{});
  }

  template <typename T>
  std::optional<T> optional(std::optional<T> (*parse)(std::string_view)) {
    const std::optional<std::string_view> field = next();
    if (!field) return std::nullopt;
    const std::optional<T> parsed = parse(*field);
    if (!parsed) note_problem();
    return parsed;
  }

  /// The column that has no sense; none: nullptr.
  const char* problem() const { return problem_; }

 private:
  std::optional<std::string_view> next() { return fields_[place_++]; }
  void note_problem() {
    if (problem_ == nullptr) problem_ = kColumns[place_ - 1].name;
  }

  Fields fields_;
  std::size_t place_ = 0;
  const char* problem_ = nullptr;
};

Result<AlertRecord> to_record(Fields fields) {
  FieldReader reader(fields);
  AlertRecord record;
  record.id = reader.value(parse_number);
  record.node = reader.text();
  record.subject.kind = reader.value(parse_finding_kind);
  record.subject.node_class = reader.text();
  record.subject.network = reader.text();
  record.subject.protocol = reader.optional(parse_protocol);
  record.subject.port = reader.optional(parse_port_number);
  record.subject.state = reader.optional(parse_port_state);
  record.subject.reason = reader.text();
  record.address = reader.text();
  record.severity = reader.value(parse_severity);
  record.status = reader.value(parse_alert_status);
  record.first_seen = reader.value(parse_time);
  record.last_seen = reader.value(parse_time);
  record.changed = reader.value(parse_time);
  record.last_closed = reader.optional(parse_time);
  record.until = reader.optional(parse_time);
  record.expected = reader.text();
  record.detail = reader.text();
  record.clones = reader.text();
  record.owner = reader.text();
  record.note = reader.text();
  record.resolution = reader.text();
  if (reader.problem() == nullptr) return record;
  return corrupt_row(
      "alerts", fmt::format("id {}, node {}", quoted(fields[0].value_or("")), quoted(record.node)),
      fmt::format("its {} has no sense", reader.problem()));
}

template <typename T>
void write_optional(BulkRow& row, const std::optional<T>& value) {
  if (value) {
    row.text(to_string(*value));
  } else {
    row.null();
  }
}

void fill_row(const AlertRecord& record, BulkRow& row) {
  row.number(record.id);
  row.text(record.node);
  row.text(to_string(record.subject.kind));
  row.text(record.subject.node_class);
  row.text(record.subject.network);
  write_optional(row, record.subject.protocol);
  if (record.subject.port) {
    row.number(*record.subject.port);
  } else {
    row.null();
  }
  write_optional(row, record.subject.state);
  row.text(record.subject.reason);
  row.text(record.address);
  row.text(to_string(record.severity));
  row.text(to_string(record.status));
  row.time(record.first_seen);
  row.time(record.last_seen);
  row.time(record.changed);
  row.time(record.last_closed);
  row.time(record.until);
  row.text(record.expected);
  row.text(record.detail);
  row.text(record.clones);
  row.text(record.owner);
  row.text(record.note);
  row.text(record.resolution);
}

Result<void> check(const AlertRecord& record) {
  if (record.id >= 1 && record.subject.port != Port{0}) return {};
  return fail(ErrorKind::invalid, fmt::format("an alert {} of {} has no id, or port 0", record.id,
                                              quoted(record.node)));
}

using Key = std::pair<std::int64_t, std::string>;

/// Each key once, as stored; the last of a key counts.
Result<std::vector<const AlertRecord*>> unique_records(const std::vector<AlertRecord>& records) {
  std::map<Key, const AlertRecord*> by_key;
  for (const AlertRecord& record : records) {
    LOCKSTEP_CHECK(check(record));
    by_key[{record.id, storable(record.node)}] = &record;
  }
  std::vector<const AlertRecord*> result;
  for (const auto& [key, record] : by_key) result.push_back(record);
  return result;
}

/// `before` are all records as they are.
Result<void> write_changes(Connection& connection, const std::vector<AlertRecord>& before,
                           const AlertChanges& changes) {
  LOCKSTEP_TRY(const auto written, unique_records(changes.written));
  const auto& forgotten = changes.forgotten;
  Bulk& bulk = connection.bulk();
  LOCKSTEP_CHECK(bulk.erase(kAlerts, forgotten.size(), [&](std::size_t i, BulkRow& row) {
    row.number(forgotten[i].first);
    row.text(forgotten[i].second);
  }));
  LOCKSTEP_CHECK(bulk.upsert(kAlerts, written.size(),
                             [&](std::size_t i, BulkRow& row) { fill_row(*written[i], row); }));
  return change_alert_spans(connection, before, {.written = written, .forgotten = forgotten});
}

}  // namespace

Result<std::vector<AlertRecord>> read_alerts(Connection& connection, std::string_view where) {
  std::vector<AlertRecord> records;
  const std::string query = fmt::format("SELECT {} FROM alerts{}{}", names_of(kColumns),
                                        where.empty() ? "" : " WHERE ", where);
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields fields) -> Result<void> {
    LOCKSTEP_TRY(AlertRecord record, to_record(fields));
    records.push_back(std::move(record));
    return {};
  }));
  std::ranges::sort(records, {}, key_of);
  return records;
}

Result<std::vector<AlertRecord>> read_alerts_of(Connection& connection,
                                                std::span<const AlertChoice> choices) {
  std::map<std::int64_t, std::set<std::string_view>> meant;
  for (const AlertChoice& each : choices) meant[each.id] = {each.nodes.begin(), each.nodes.end()};
  std::vector<AlertRecord> records;
  for (std::size_t i = 0; i < choices.size(); i += kChoicesAtOnce) {
    const auto some = choices.subspan(i, std::min(kChoicesAtOnce, choices.size() - i));
    std::string where;
    for (const AlertChoice& each : some) {
      where += fmt::format("{}(id = {}", where.empty() ? "" : " OR ", each.id);
      const std::string of_nodes = condition_of(each.nodes);
      where += of_nodes.empty() ? ")" : fmt::format(" AND {})", of_nodes);
    }
    LOCKSTEP_TRY(std::vector<AlertRecord> found, read_alerts(connection, where));
    std::ranges::move(found, std::back_inserter(records));
  }
  std::ranges::sort(records, {}, key_of);
  std::erase_if(records, [&](const AlertRecord& record) {
    const auto& nodes = meant[record.id];
    return !nodes.empty() && !nodes.contains(record.node);
  });
  return records;
}

Result<std::vector<AlertRecord>> read_alerts_on(Connection& connection,
                                                std::span<const std::string> nodes) {
  if (nodes.empty()) return std::vector<AlertRecord>();
  const std::set<std::string_view> meant(nodes.begin(), nodes.end());
  LOCKSTEP_TRY(std::vector<AlertRecord> records, read_alerts(connection, condition_of(nodes)));
  std::erase_if(records, [&](const AlertRecord& record) { return !meant.contains(record.node); });
  return records;
}

Result<std::vector<AlertRecord>> decide_alerts(Connection& connection, const DecideAlerts& decide) {
  LOCKSTEP_TRY(std::vector<AlertRecord> records, read_alerts(connection));
  LOCKSTEP_TRY(const AlertChanges changes, decide(records));
  if (changes.written.empty() && changes.forgotten.empty()) return records;
  LOCKSTEP_CHECK(write_changes(connection, records, changes));
  LOCKSTEP_CHECK(add_events(connection, events_of(records, changes)));
  return read_alerts(connection);
}

}  // namespace lockstep
