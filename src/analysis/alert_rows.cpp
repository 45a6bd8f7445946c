#include <algorithm>
#include <map>
#include <tuple>

#include "analysis/alerts.h"

namespace lockstep {
namespace {

bool shows(const AlertRecord& record, AlertStatus status, const AlertFilter& filter) {
  if (status == AlertStatus::resolved && !filter.include_resolved) return false;
  if (status == AlertStatus::pending && !filter.include_pending) return false;
  // What concerns a class concerns each of its nodes.
  return !filter.nodes || record.node.empty() || filter.nodes->contains(record.node);
}

void add(AlertRow& row, const AlertRecord& record) {
  if (!record.node.empty()) row.nodes.push_back(record.node);
  row.first.severity = std::max(row.first.severity, record.severity);
  row.first_seen = std::min(row.first_seen, record.first_seen);
  row.last_seen = std::max(row.last_seen, record.last_seen);
  if (record.last_closed) {
    row.last_closed = std::max(row.last_closed.value_or(*record.last_closed), *record.last_closed);
  }
}

}  // namespace

std::vector<AlertRow> fold_alerts(std::span<const AlertRecord> records, const AlertFilter& filter,
                                  WallTime now) {
  using Key = std::tuple<std::int64_t, AlertStatus, std::string_view, std::optional<WallTime>>;
  std::map<Key, AlertRow> rows;
  auto place = rows.end();
  for (const AlertRecord& record : records) {
    const AlertStatus status = record.status_at(now);
    if (!shows(record, status, filter)) continue;
    const bool muted = status == AlertStatus::acknowledged || status == AlertStatus::silenced;
    const Key key{record.id, status, muted ? std::string_view(record.owner) : "",
                  muted ? record.until : std::nullopt};
    // Neighbours mostly share a row.
    bool fresh = false;
    if (place == rows.end() || place->first != key) {
      std::tie(place, fresh) = rows.try_emplace(key);
    }
    AlertRow& row = place->second;
    if (fresh) {
      row.first = record;
      row.status = status;
      row.first_seen = record.first_seen;
      row.last_seen = record.last_seen;
      if (!muted) {
        row.first.owner.clear();
        row.first.until.reset();
      }
    }
    add(row, record);
  }
  std::vector<AlertRow> sorted;
  sorted.reserve(rows.size());
  for (auto& [key, row] : rows) {
    if (!std::ranges::is_sorted(row.nodes)) std::ranges::sort(row.nodes);
    sorted.push_back(std::move(row));
  }
  std::ranges::sort(sorted, row_comes_first);
  return sorted;
}

bool row_comes_first(const AlertRow& a, const AlertRow& b) {
  return std::tie(b.first.severity, a.first.id, a.status, a.first.owner, a.first.until) <
         std::tie(a.first.severity, b.first.id, b.status, b.first.owner, b.first.until);
}

}  // namespace lockstep
