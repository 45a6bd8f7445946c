#include <fmt/format.h>

#include <algorithm>

#include "analysis/alerts.h"
#include "base/text.h"

namespace lockstep {
namespace {

using Kind = AlertAction::Kind;

/// A note is for a person; longer texts have better places.
constexpr std::size_t kLongestNote = 1000;

Result<void> check(const AlertAction& action) {
  if (action.note.size() > kLongestNote) {
    return fail(ErrorKind::invalid, fmt::format("the text has {} bytes; at most {} are kept",
                                                action.note.size(), kLongestNote));
  }
  if (action.kind == Kind::resolve) {
    if (!trimmed(action.note).empty()) return {};
    return fail(ErrorKind::invalid, "say why it is over: --reason TEXT");
  }
  const std::chrono::seconds most =
      action.kind == Kind::acknowledge ? kMostAcknowledged : kMostSilenced;
  if (action.duration.count() > 0 && action.duration <= most) return {};
  return fail(ErrorKind::invalid,
              fmt::format("{} lasts at most {} days, and longer than nothing",
                          action.kind == Kind::acknowledge ? "an acknowledgement" : "a silence",
                          std::chrono::duration_cast<std::chrono::days>(most).count()));
}

AlertRecord acted_on(AlertRecord record, const AlertAction& action, WallTime now) {
  record.changed = now;
  if (action.kind == Kind::resolve) {
    record.status = AlertStatus::resolved;
    record.resolution = fmt::format("{}: {}", action.person, action.note);
    record.owner.clear();
    record.until.reset();
    return record;
  }
  record.status =
      action.kind == Kind::acknowledge ? AlertStatus::acknowledged : AlertStatus::silenced;
  record.owner = action.person;
  record.note = action.note;
  record.until = now + action.duration;
  return record;
}

bool is_alert(const AlertRecord& record) {
  return record.status != AlertStatus::resolved && record.status != AlertStatus::pending;
}

}  // namespace

Result<AlertChanges> act_on_alerts(std::span<const AlertRecord> book, const AlertAction& action,
                                   WallTime now) {
  LOCKSTEP_CHECK(check(action));
  AlertChanges changes;
  for (const std::int64_t id : action.ids) {
    const std::size_t before = changes.written.size();
    bool known = false;
    for (const AlertRecord& record : book) {
      if (record.id != id) continue;
      known = true;
      const bool meant = !action.nodes || action.nodes->contains(record.node);
      if (meant && is_alert(record)) changes.written.push_back(acted_on(record, action, now));
    }
    if (!known) {
      return fail(ErrorKind::not_found,
                  fmt::format("there is no alert {}; see: lockstep alerts", alert_name(id)));
    }
    if (changes.written.size() == before) {
      return fail(ErrorKind::not_found,
                  fmt::format("alert {} has no such node for which it is not resolved; see: "
                              "lockstep alerts --all",
                              alert_name(id)));
    }
  }
  return changes;
}

}  // namespace lockstep
