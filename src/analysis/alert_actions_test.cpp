// What people do to alerts, and how alerts fold into rows.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/alerts.h"
#include "analysis/test_world.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

AlertRecord record(std::int64_t id, const std::string& node,
                   AlertStatus status = AlertStatus::open) {
  AlertRecord made;
  made.id = id;
  made.subject = {.kind = FindingKind::unexpected_port,
                  .node_class = "compute",
                  .network = "management",
                  .protocol = Protocol::tcp,
                  .port = static_cast<Port>(4000 + id),
                  .state = PortState::open,
                  .reason = ""};
  made.node = node;
  made.severity = Severity::high;
  made.status = status;
  made.first_seen = made.changed = kNoon - 2h;
  made.last_seen = kNoon - 1h;
  return made;
}

std::vector<AlertRecord> book() {
  return {record(1, "n1"), record(1, "n2"), record(1, "n3", AlertStatus::resolved),
          record(2, "n1", AlertStatus::pending), record(3, "n1", AlertStatus::resolved)};
}

AlertAction action(AlertAction::Kind kind, std::vector<std::int64_t> ids) {
  return {.kind = kind, .ids = std::move(ids), .nodes = {}, .person = "kim", .note = "on it"};
}

using Kind = AlertAction::Kind;

std::vector<std::string> told(const std::vector<AlertRecord>& records) {
  std::vector<std::string> lines;
  for (const AlertRecord& each : records) {
    lines.push_back(
        fmt::format("A-{} {} {} {} [{}]", each.id, each.node, to_string(each.status), each.owner,
                    each.status == AlertStatus::resolved ? each.resolution : each.note));
  }
  return lines;
}

TEST(AlertActions, AcknowledgeAllThatHaveItNow) {
  const auto changes = act_on_alerts(book(), action(Kind::acknowledge, {1}), kNoon).value();
  EXPECT_THAT(told(changes.written),
              ElementsAre("A-1 n1 acknowledged kim [on it]", "A-1 n2 acknowledged kim [on it]"));
  EXPECT_EQ(changes.written[0].until, kNoon + kMostAcknowledged);
  EXPECT_EQ(changes.written[0].changed, kNoon);
  EXPECT_EQ(changes.written[0].first_seen, kNoon - 2h);
  EXPECT_THAT(changes.forgotten, IsEmpty());
}

TEST(AlertActions, SilenceSomeNodesForAWhile) {
  AlertAction silence = action(Kind::silence, {1});
  silence.nodes = {{"n2", "n9"}};
  silence.duration = 1h;
  const auto changes = act_on_alerts(book(), silence, kNoon).value();
  EXPECT_THAT(told(changes.written), ElementsAre("A-1 n2 silenced kim [on it]"));
  EXPECT_EQ(changes.written[0].until, kNoon + 1h);
}

TEST(AlertActions, ResolveWhatIsMuted) {
  auto muted = book();
  muted[0].status = AlertStatus::acknowledged;
  muted[0].owner = "lee";
  muted[0].until = kNoon + 1h;
  const auto changes = act_on_alerts(muted, action(Kind::resolve, {1}), kNoon).value();
  EXPECT_THAT(told(changes.written),
              ElementsAre("A-1 n1 resolved  [kim: on it]", "A-1 n2 resolved  [kim: on it]"));
  EXPECT_EQ(changes.written[0].until, std::nullopt);
}

TEST(AlertActions, TakeOverAMuteThatLasts) {
  auto muted = book();
  muted[0].status = AlertStatus::silenced;
  muted[0].owner = "lee";
  muted[0].until = kNoon + 1h;
  const auto changes = act_on_alerts(muted, action(Kind::acknowledge, {1}), kNoon).value();
  EXPECT_THAT(told(changes.written), testing::Contains("A-1 n1 acknowledged kim [on it]"));
}

TEST(AlertActions, FailWithTheReason) {
  const struct {
    const char* description;
    Kind kind;
    std::vector<std::int64_t> ids;
    std::optional<std::set<std::string>> nodes;
    std::string note;
    std::chrono::seconds duration;
    std::optional<ErrorKind> error;
    const char* says;
  } kRows[] = {
      {"as long as it may", Kind::acknowledge, {1}, {}, "", kMostAcknowledged, {}, ""},
      {"a second more",
       Kind::acknowledge,
       {1},
       {},
       "",
       kMostAcknowledged + 1s,
       ErrorKind::invalid,
       "at most 7 days"},
      {"a silence of 30 days", Kind::silence, {1}, {}, "", kMostSilenced, {}, ""},
      {"a second more",
       Kind::silence,
       {1},
       {},
       "",
       kMostSilenced + 1s,
       ErrorKind::invalid,
       "at most 30 days"},
      {"no time", Kind::acknowledge, {1}, {}, "", 0s, ErrorKind::invalid, "longer than nothing"},
      {"less than no time", Kind::silence, {1}, {}, "", -1s, ErrorKind::invalid, "longer than"},
      {"for ever",
       Kind::silence,
       {1},
       {},
       "",
       std::chrono::seconds::max(),
       ErrorKind::invalid,
       "at most 30 days"},
      {"no reason", Kind::resolve, {1}, {}, "", 1h, ErrorKind::invalid, "--reason"},
      {"a blank reason", Kind::resolve, {1}, {}, " \t\n", 1h, ErrorKind::invalid, "--reason"},
      {"a resolution has no duration", Kind::resolve, {1}, {}, "fixed", 0s, {}, ""},
      {"an id that nobody has",
       Kind::acknowledge,
       {4},
       {},
       "",
       1h,
       ErrorKind::not_found,
       "there is no alert A-4"},
      {"one of two ids", Kind::acknowledge, {1, 4}, {}, "", 1h, ErrorKind::not_found, "A-4"},
      {"a node that does not have it",
       Kind::acknowledge,
       {1},
       {{"n9"}},
       "",
       1h,
       ErrorKind::not_found,
       "alert A-1 has no such node"},
      {"no node at all",
       Kind::acknowledge,
       {1},
       {std::set<std::string>{}},
       "",
       1h,
       ErrorKind::not_found,
       "alert A-1 has no such node"},
      {"a node for which it is resolved",
       Kind::acknowledge,
       {1},
       {{"n3"}},
       "",
       1h,
       ErrorKind::not_found,
       "not resolved"},
      {"what is no alert yet", Kind::acknowledge, {2}, {}, "", 1h, ErrorKind::not_found, "A-2"},
      {"what is over", Kind::resolve, {3}, {}, "again", 1h, ErrorKind::not_found, "A-3"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const AlertAction tried{.kind = row.kind,
                            .ids = row.ids,
                            .nodes = row.nodes,
                            .person = "kim",
                            .note = row.note,
                            .duration = row.duration};
    const auto changes = act_on_alerts(book(), tried, kNoon);
    ASSERT_EQ(changes.has_value(), !row.error.has_value());
    if (changes) continue;
    EXPECT_EQ(changes.error().kind(), row.error);
    EXPECT_THAT(changes.error().message(), HasSubstr(row.says));
  }
}

std::vector<std::string> rows_of(const std::vector<AlertRecord>& records,
                                 const AlertFilter& filter = {}) {
  std::vector<std::string> lines;
  for (const AlertRow& row : fold_alerts(records, filter, kNoon)) {
    lines.push_back(fmt::format("{} A-{} {} {} {}", to_string(row.first.severity), row.first.id,
                                to_string(row.status), fmt::join(row.nodes, ","), row.first.owner));
  }
  return lines;
}

AlertRecord muted(AlertRecord made, AlertStatus status, const std::string& owner, WallTime until) {
  made.status = status;
  made.owner = owner;
  made.until = until;
  return made;
}

TEST(FoldAlerts, MakesARowOfWhatIsDealtWithAlike) {
  const auto ack = [](const std::string& node, const std::string& owner, WallTime until) {
    return muted(record(1, node), AlertStatus::acknowledged, owner, until);
  };
  const std::vector<AlertRecord> records = {
      record(1, "n1"),
      ack("n2", "kim", kNoon + 1h),
      ack("n3", "kim", kNoon + 1h),
      ack("n4", "lee", kNoon + 1h),
      ack("n5", "kim", kNoon + 2h),
      ack("n6", "kim", kNoon),  // has run out
      record(1, "n7", AlertStatus::reopened),
      record(1, "n8", AlertStatus::resolved),
      record(1, "n9", AlertStatus::pending),
  };
  EXPECT_THAT(rows_of(records),
              ElementsAre("high A-1 open n1,n6 ", "high A-1 reopened n7 ",
                          "high A-1 acknowledged n2,n3 kim", "high A-1 acknowledged n5 kim",
                          "high A-1 acknowledged n4 lee"));
  EXPECT_THAT(rows_of(records, {.include_resolved = true, .include_pending = true}), SizeIs(7));
  EXPECT_THAT(rows_of(records, {.nodes = {{"n6", "n3", "n8"}}}),
              ElementsAre("high A-1 open n6 ", "high A-1 acknowledged n3 kim"));
}

TEST(FoldAlerts, PutsTheGravestFirst) {
  std::vector<AlertRecord> records = {record(1, "n1"), record(2, "n1"), record(3, "n1"),
                                      record(3, "n2")};
  records[0].severity = Severity::low;
  records[2].severity = Severity::informational;
  records[3].severity = Severity::critical;
  EXPECT_THAT(rows_of(records),
              ElementsAre("critical A-3 open n1,n2 ", "high A-2 open n1 ", "low A-1 open n1 "));
}

TEST(FoldAlerts, ShowsWhatConcernsAClassToEachNode) {
  AlertRecord profile = record(7, "");
  profile.subject.kind = FindingKind::profile_changed;
  EXPECT_THAT(rows_of({profile}, {.nodes = {{"n1"}}}), ElementsAre("high A-7 open  "));
  EXPECT_THAT(fold_alerts(std::vector{profile}, {}, kNoon)[0].nodes, IsEmpty());
}

TEST(FoldAlerts, SpansTheTimesOfItsNodes) {
  std::vector<AlertRecord> records = {record(1, "n1"), record(1, "n2"), record(1, "n3")};
  records[1].first_seen = kNoon - 5h;
  records[2].last_seen = kNoon;
  records[1].last_closed = kNoon - 9h;
  records[2].last_closed = kNoon - 8h;
  const auto rows = fold_alerts(records, {}, kNoon);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].first_seen, kNoon - 5h);
  EXPECT_EQ(rows[0].last_seen, kNoon);
  EXPECT_EQ(rows[0].last_closed, kNoon - 8h);
}

}  // namespace
}  // namespace lockstep
