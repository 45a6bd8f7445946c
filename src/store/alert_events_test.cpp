#include "store/alert_events.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

WallTime at(int seconds) {
  return WallTime(std::chrono::seconds(1'700'000'000 + seconds));
}

AlertRecord record(std::int64_t id, const std::string& node, AlertStatus status, int second = 0) {
  AlertRecord result;
  result.id = id;
  result.node = node;
  result.status = status;
  result.changed = at(second);
  result.last_seen = at(second);
  return result;
}

struct Case {
  const char* what;
  std::optional<AlertStatus> before;
  AlertStatus after;
  std::optional<EventKind> event;
};

TEST(AlertEvents, EachStepOfALifeIsOneKindOfEventOrNone) {
  using enum AlertStatus;
  const Case cases[] = {
      {"new", std::nullopt, open, EventKind::alert_raised},
      {"seen once", std::nullopt, pending, std::nullopt},
      {"confirmed", pending, open, EventKind::alert_raised},
      {"not confirmed", pending, resolved, std::nullopt},
      {"another node of what is silenced", std::nullopt, silenced, EventKind::alert_changed},
      {"seen again", open, open, std::nullopt},
      {"dealt with", open, acknowledged, EventKind::alert_changed},
      {"over", acknowledged, resolved, EventKind::alert_resolved},
      {"back", resolved, reopened, EventKind::alert_raised},
      {"over for long", resolved, resolved, std::nullopt},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.what);
    std::vector<AlertRecord> before;
    if (each.before) before.push_back(record(7, "n1", *each.before));
    const auto events =
        events_of(before, {.written = {record(7, "n1", each.after, 5)}, .forgotten = {}});
    ASSERT_EQ(events.size(), each.event ? 1U : 0U);
    if (!each.event) continue;
    EXPECT_EQ(events[0],
              (Event{.id = 0, .at = at(5), .kind = *each.event, .subject = "A-7", .nodes = "n1"}));
  }
}

TEST(AlertEvents, NodesOfOneAlertAreOneEventOfEachKind) {
  using enum AlertStatus;
  const std::vector<AlertRecord> before = {record(1, "n1", open), record(1, "n2", open),
                                           record(1, "n3", open), record(2, "", open)};
  AlertRecord graver = record(2, "", open, 3);
  graver.severity = Severity::critical;
  const AlertChanges changes = {
      .written = {record(1, "n1", resolved, 2), record(1, "n2", resolved, 2),
                  record(1, "n9", open, 1), graver},
      .forgotten = {{1, "n3"}}};
  const auto events = events_of(before, changes);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].nodes, "n9");
  EXPECT_EQ(events[0].kind, EventKind::alert_raised);
  EXPECT_EQ(events[1].nodes, "n[1-3]");
  EXPECT_EQ(events[1].kind, EventKind::alert_resolved);
  EXPECT_EQ(events[2].nodes, "");
  EXPECT_EQ(events[2].subject, "A-2");
}

}  // namespace
}  // namespace lockstep
