#include "store/sql/alert_span_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

#include "base/text.h"
#include "store/alert_events.h"
#include "store/sql/numbers.h"
#include "store/sql/rows.h"
#include "store/sql/text.h"

namespace lockstep {
namespace {

constexpr Column kColumns[] = {{"id"},        {"node", 255},    {"began", 20},
                               {"ended", 20}, {"severity", 20}, {"muted", 20}};
constexpr BulkTable kSpans = {"alert_spans", kColumns, 3};

/// Where more alerts change, the spans of all are read.
constexpr std::size_t kMostNamed = 500;

Result<AlertSpan> to_span(Fields row) {
  const auto text = [&](std::size_t i) { return row[i].value_or(""); };
  const auto id = parse_number(text(0));
  const auto began = parse_time(text(2));
  const auto ended = row[3] ? parse_time(*row[3]) : std::nullopt;
  const auto severity = parse_severity(text(4));
  const auto muted = row[5] ? parse_time(*row[5]) : std::nullopt;
  if (!id || !began || !severity || (row[3] && !ended) || (row[5] && !muted)) {
    return corrupt_row(kSpans.name, fmt::format("id {}, node {}", quoted(text(0)), quoted(text(1))),
                       "one of its values has no sense");
  }
  return AlertSpan{*id, std::string(text(1)), *began, ended, *severity, muted};
}

/// `which` is a condition, an order, or both.
Result<std::vector<AlertSpan>> select(Connection& connection, std::string_view which) {
  std::vector<AlertSpan> spans;
  const std::string query =
      fmt::format("SELECT {} FROM alert_spans WHERE {}", names_of(kColumns), which);
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    LOCKSTEP_TRY(AlertSpan span, to_span(row));
    spans.push_back(std::move(span));
    return {};
  }));
  std::ranges::sort(spans);
  return spans;
}

bool is_muted(const AlertRecord& record) {
  return record.status == AlertStatus::acknowledged || record.status == AlertStatus::silenced;
}

/// A change of one record that is one of its span. `after` is null where it was forgotten.
struct Step {
  const AlertRecord* before = nullptr;
  const AlertRecord* after = nullptr;

  bool is_any() const {
    if (!stands(before) || !stands(after)) return stands(before) || stands(after);
    return has_gap() || before->severity != after->severity ||
           is_muted(*before) != is_muted(*after);
  }

  /// It was dealt with anew after that had run out; nobody had looked in between.
  bool has_gap() const {
    return stands(before) && stands(after) && is_muted(*before) && is_muted(*after) &&
           before->until && *before->until < after->changed;
  }
};

using Key = std::pair<std::int64_t, std::string>;
using Steps = std::map<Key, Step>;

Steps steps_of(const std::vector<AlertRecord>& before, const WrittenAlerts& changes) {
  Steps steps;
  for (const auto& [id, node] : changes.forgotten) {
    const Step step = {find_alert(before, id, storable(node)), nullptr};
    if (step.is_any()) steps[{id, storable(node)}] = step;
  }
  for (const AlertRecord* const after : changes.written) {
    const std::string node = storable(after->node);
    const Step step = {find_alert(before, after->id, node), after};
    if (step.is_any()) steps[{after->id, node}] = step;
  }
  return steps;
}

Result<std::map<Key, AlertSpan>> open_spans(Connection& connection, const Steps& steps) {
  std::set<std::int64_t> ids;
  for (const auto& [key, step] : steps) ids.insert(key.first);
  std::string which = "ended IS NULL";
  if (ids.size() <= kMostNamed) which += fmt::format(" AND id IN ({})", fmt::join(ids, ", "));
  LOCKSTEP_TRY(std::vector<AlertSpan> spans, select(connection, which));
  std::map<Key, AlertSpan> open;
  for (AlertSpan& span : spans) {
    Key key(span.id, span.node);
    open.insert_or_assign(std::move(key), std::move(span));
  }
  return open;
}

/// When it became what it is. An acknowledgement that has run out ended by itself, before anybody
/// looked.
WallTime time_of(const Step& step) {
  const AlertRecord& before = *step.before;
  if (step.after == nullptr) return before.last_seen;
  const AlertRecord& after = *step.after;
  if (is_muted(before) == is_muted(after) && stands(&after)) return after.last_seen;
  const bool ran_out = is_muted(before) && stands(&after) && before.until;
  return ran_out ? std::min(*before.until, after.changed) : after.changed;
}

/// The spans of the change, by where they began.
class SpanWriter {
 public:
  explicit SpanWriter(std::map<Key, AlertSpan> open) : open_(std::move(open)) {}

  void apply(const Key& key, const Step& step) {
    if (!stands(step.before)) {
      begin(key, *step.after, step.after->changed);
      return;
    }
    AlertSpan span = open_span(key, *step.before);
    if (step.has_gap()) {
      const WallTime over = std::max(span.began, *step.before->until);
      span.ended = over;
      if (span.began < over) add(std::move(span));
      begin(key, *step.after, over, step.after->changed);
      return;
    }
    const WallTime now = std::max(span.began, time_of(step));  // clocks are set back at times
    if (!stands(step.after)) {
      span.ended = now;
      add(std::move(span));
    } else if (step.before->severity == step.after->severity && is_muted(*step.after)) {
      span.muted = now;
      add(std::move(span));
    } else {
      const auto muted = span.muted;
      span.ended = now;
      if (span.began < now) add(std::move(span));
      begin(key, *step.after, now, muted);
    }
  }

  std::vector<AlertSpan> take() {
    std::vector<AlertSpan> spans;
    for (auto& [key, span] : spans_) spans.push_back(std::move(span));
    return spans;
  }

 private:
  using Place = std::tuple<std::int64_t, std::string, WallTime>;

  AlertSpan open_span(const Key& key, const AlertRecord& record) const {
    const auto found = open_.find(key);
    if (found != open_.end()) return found->second;
    // Somebody took it away.
    return {key.first, key.second, record.changed, std::nullopt, record.severity, std::nullopt};
  }

  void begin(const Key& key, const AlertRecord& record, WallTime now,
             std::optional<WallTime> muted = std::nullopt) {
    AlertSpan span = {key.first, key.second, now, std::nullopt, record.severity, std::nullopt};
    if (is_muted(record)) span.muted = muted.value_or(now);
    add(std::move(span));
  }

  void add(AlertSpan span) {
    Place place(span.id, span.node, span.began);
    spans_.insert_or_assign(std::move(place), std::move(span));
  }

  std::map<Key, AlertSpan> open_;
  std::map<Place, AlertSpan> spans_;
};

}  // namespace

Result<void> change_alert_spans(Connection& connection, const std::vector<AlertRecord>& before,
                                const WrittenAlerts& changes) {
  const Steps steps = steps_of(before, changes);
  if (steps.empty()) return {};
  LOCKSTEP_TRY(auto open, open_spans(connection, steps));
  SpanWriter writer(std::move(open));
  for (const auto& [key, step] : steps) writer.apply(key, step);
  const std::vector<AlertSpan> spans = writer.take();
  return connection.bulk().upsert(kSpans, spans.size(), [&](std::size_t i, BulkRow& row) {
    row.number(spans[i].id);
    row.text(spans[i].node);
    row.time(spans[i].began);
    row.time(spans[i].ended);
    row.text(to_string(spans[i].severity));
    row.time(spans[i].muted);
  });
}

Result<std::vector<AlertSpan>> read_alert_spans(Connection& connection, const Period& period,
                                                std::size_t limit) {
  return select(connection,
                fmt::format("began <= '{}' AND (ended IS NULL OR ended >= '{}') ORDER BY CASE WHEN "
                            "ended IS NULL THEN 0 ELSE 1 END, began DESC LIMIT {}",
                            to_text(period.to), to_text(period.from), to_number(limit)));
}

}  // namespace lockstep
