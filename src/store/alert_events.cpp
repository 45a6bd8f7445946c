#include "store/alert_events.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "model/nodeset.h"

namespace lockstep {
namespace {

bool is_news(const AlertRecord& record) {
  return record.status == AlertStatus::open || record.status == AlertStatus::reopened;
}

std::optional<EventKind> kind_of(const AlertRecord* before, const AlertRecord& after) {
  if (!stands(&after)) {
    return stands(before) ? std::optional(EventKind::alert_resolved) : std::nullopt;
  }
  if (!stands(before)) return is_news(after) ? EventKind::alert_raised : EventKind::alert_changed;
  const auto seen = [](const AlertRecord& record) {
    return std::tie(record.status, record.severity, record.owner, record.note, record.until);
  };
  return seen(*before) == seen(after) ? std::nullopt : std::optional(EventKind::alert_changed);
}

struct Group {
  WallTime at{};
  std::vector<std::string> nodes{};

  void add(WallTime when, const std::string& node) {
    at = std::max(at, when);
    if (!node.empty()) nodes.push_back(node);
  }
};

}  // namespace

const AlertRecord* find_alert(const std::vector<AlertRecord>& records, std::int64_t id,
                              const std::string& node) {
  const auto key = [](const AlertRecord& record) { return std::tie(record.id, record.node); };
  const auto place = std::ranges::lower_bound(records, std::tie(id, node), {}, key);
  return place != records.end() && place->id == id && place->node == node ? &*place : nullptr;
}

bool stands(const AlertRecord* record) {
  return record != nullptr && record->status != AlertStatus::pending &&
         record->status != AlertStatus::resolved;
}

std::vector<Event> events_of(const std::vector<AlertRecord>& before, const AlertChanges& changes) {
  std::map<std::pair<std::int64_t, EventKind>, Group> groups;
  for (const AlertRecord& after : changes.written) {
    const auto kind = kind_of(find_alert(before, after.id, after.node), after);
    if (kind) groups[{after.id, *kind}].add(std::max(after.changed, after.last_seen), after.node);
  }
  for (const auto& [id, node] : changes.forgotten) {
    const AlertRecord* const was = find_alert(before, id, node);
    if (stands(was)) groups[{id, EventKind::alert_resolved}].add(was->last_seen, node);
  }
  std::vector<Event> events;
  for (auto& [key, group] : groups) {
    events.push_back({.id = 0,
                      .at = group.at,
                      .kind = key.second,
                      .subject = alert_name(key.first),
                      .nodes = fold_nodeset(group.nodes)});
  }
  return events;
}

}  // namespace lockstep
