#include "notify/planner.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "notify/message.h"

namespace lockstep::notify {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;

WallTime at(seconds since) {
  return WallTime(seconds(1'796'000'000)) + since;
}

/// A store and a clock of its own: what is decided holds until the next decision.
class World {
 public:
  World() {
    policy.cluster = "lab";
    policy.channels = {{.name = "ops"}};
  }

  AlertRecord& set(std::int64_t id, const std::string& node, AlertStatus status,
                   Severity severity = Severity::medium) {
    AlertRecord& record = alerts[{id, node}];
    if (record.id == 0) {
      record.subject.kind = FindingKind::unexpected_port;
      record.subject.node_class = "compute";
      record.subject.network = kDefaultNetwork;
      record.first_seen = now;
    }
    record.id = id;
    record.node = node;
    record.status = status;
    record.severity = severity;
    record.last_seen = record.changed = now;
    return record;
  }
  void silent(std::int64_t id, const std::string& node) {
    set(id, node, AlertStatus::open, Severity::low).subject.kind = FindingKind::node_unreachable;
  }

  /// What is told at `when`: "raised A-1 n[1-2]".
  std::vector<std::string> look(seconds when) {
    now = at(when);
    NoticeBook book;
    for (const auto& [key, record] : alerts) book.alerts.push_back(record);
    for (const auto& [key, notice] : notices) book.notices.push_back(notice);
    book.waiting = waiting;
    book.maintenance = maintenance;
    const Plan made = plan(book, policy, now, unseen);
    for (const auto& key : made.changes.forgotten) notices.erase(key);
    for (const Notice& notice : made.changes.written) {
      notices[{notice.channel, notice.cause}] = notice;
    }
    next = made.next;
    std::vector<std::string> told;
    for (const OutboxMessage& each : made.changes.messages) {
      const Message message = read_message(each.payload).value();
      EXPECT_TRUE(ids.insert(each.dedup).second) << each.dedup;
      messages.push_back(message);
      told.push_back(fmt::format("{} {} {}", to_string(message.what), message.cause,
                                 message.what == What::updated && !message.new_nodes.empty()
                                     ? message.new_nodes
                                     : message.nodes));
    }
    return told;
  }
  /// Looks whenever it is due, up to `end`.
  std::vector<std::string> wait_until(seconds end) {
    std::vector<std::string> all;
    for (int i = 0; i < 1000 && next && *next <= at(end); ++i) {
      const auto told = look(std::chrono::duration_cast<seconds>(*next - at(seconds(0))));
      all.insert(all.end(), told.begin(), told.end());
    }
    now = at(end);
    return all;
  }

  Policy policy;
  WallTime now = at(seconds(0));
  std::map<std::pair<std::int64_t, std::string>, AlertRecord> alerts;
  std::map<std::pair<std::string, std::string>, Notice> notices;
  std::map<std::string, std::size_t> waiting;
  std::vector<MaintenanceWindow> maintenance;
  std::vector<AlertRecord> unseen;
  std::set<std::string> ids;
  std::optional<WallTime> next;
  std::vector<Message> messages;
};

TEST(Planner, GathersForAWhileAndTellsOnce) {
  World world;
  world.set(1, "n1", AlertStatus::open);
  EXPECT_THAT(world.look(seconds(0)), IsEmpty());
  EXPECT_EQ(world.next, at(seconds(30)));
  world.set(1, "n2", AlertStatus::open);
  EXPECT_THAT(world.look(seconds(20)), IsEmpty());
  EXPECT_THAT(world.look(seconds(30)), ElementsAre("raised A-1 n[1-2]"));
  EXPECT_THAT(world.look(seconds(40)), IsEmpty());
  EXPECT_EQ(world.messages[0].node_count, 2U);
}

TEST(Planner, WhatIsGraveIsToldAtOnce) {
  World world;
  world.set(1, "n1", AlertStatus::open, Severity::high);
  EXPECT_THAT(world.look(seconds(0)), ElementsAre("raised A-1 n1"));
}

TEST(Planner, WhatCameAndWentWhileNobodyCouldLookIsToldWithItsEnd) {
  struct Row {
    const char* what;
    Severity severity;
    seconds lasted;
    const char* owner;
    bool in_maintenance;
    bool is_told;
  };
  const Row rows[] = {
      {"grave", Severity::high, seconds(2), "", false, true},
      {"it lasted", Severity::medium, seconds(30), "", false, true},
      {"it was short", Severity::medium, seconds(29), "", false, false},
      {"less than the channel wants", Severity::informational, seconds(60), "", false, false},
      {"somebody acted on it", Severity::high, seconds(60), "root", false, false},
      {"somebody worked there then", Severity::high, seconds(60), "", true, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    World world;
    AlertRecord& record = world.set(1, "n1", AlertStatus::resolved, row.severity);
    record.changed = record.first_seen + row.lasted;
    record.owner = row.owner;
    record.resolution = "closed";
    if (row.in_maintenance) {
      MaintenanceWindow window;
      window.nodes = "n1";
      window.from = at(seconds(-10));
      window.until = at(seconds(10));
      world.maintenance.push_back(window);
    }
    EXPECT_THAT(world.look(seconds(100)), IsEmpty()) << "who could look saw nothing";
    world.unseen = {record};
    const auto told = world.look(seconds(101));
    EXPECT_EQ(told.size(), row.is_told ? 1U : 0U);
    if (!row.is_told) continue;
    EXPECT_EQ(told[0], "raised A-1 n1");
    EXPECT_EQ(world.next, at(seconds(102)));
    EXPECT_THAT(world.look(seconds(102)), ElementsAre("resolved A-1 n1"));
    EXPECT_EQ(world.messages[1].resolution, "closed");
    EXPECT_THAT(world.look(seconds(103)), IsEmpty());
  }
}

TEST(Planner, WhatWasSeenForAMomentWhileItWasReplayedIsToldToo) {
  World world;
  AlertRecord& record = world.set(1, "n1", AlertStatus::open);
  record.first_seen = at(seconds(-60));
  EXPECT_THAT(world.look(seconds(0)), IsEmpty()) << "it is gathered";
  record.status = AlertStatus::resolved;
  world.unseen = {record};
  EXPECT_THAT(world.look(seconds(1)), ElementsAre("raised A-1 n1"));
  EXPECT_THAT(world.look(seconds(2)), ElementsAre("resolved A-1 n1"));
  EXPECT_THAT(world.look(seconds(3)), IsEmpty());
}

TEST(Planner, WhatComesAndGoesWhileItGathersIsNotTold) {
  World world;
  world.set(1, "n1", AlertStatus::open);
  world.look(seconds(0));
  world.set(1, "n1", AlertStatus::resolved);
  EXPECT_THAT(world.look(seconds(10)), IsEmpty());
  EXPECT_THAT(world.wait_until(hours(48)), IsEmpty());
  EXPECT_TRUE(world.notices.empty());
}

TEST(Planner, MoreNodesAreUpdatesWithPausesThatGrowThreeAtMost) {
  World world;
  world.policy.channels[0].repeat.reset();
  world.set(1, "n1", AlertStatus::open, Severity::high);
  world.look(seconds(0));
  world.set(1, "n2", AlertStatus::open, Severity::high);
  EXPECT_THAT(world.look(minutes(1)), IsEmpty());
  EXPECT_THAT(world.wait_until(minutes(5)), ElementsAre("updated A-1 n2"));
  world.set(1, "n3", AlertStatus::open, Severity::high);
  EXPECT_THAT(world.look(minutes(34)), IsEmpty());
  EXPECT_THAT(world.wait_until(minutes(35)), ElementsAre("updated A-1 n3"));
  world.set(1, "n4", AlertStatus::open, Severity::high);
  world.look(minutes(36));
  EXPECT_THAT(world.wait_until(hours(5)), ElementsAre("updated A-1 n4"));
  world.set(1, "n5", AlertStatus::open, Severity::high);
  EXPECT_THAT(world.look(hours(6)), IsEmpty());
  EXPECT_THAT(world.wait_until(hours(500)), IsEmpty());
  world.set(1, "n6", AlertStatus::open, Severity::critical);
  EXPECT_THAT(world.look(hours(501)), ElementsAre("updated A-1 n[5-6]")) << "graver";
  EXPECT_EQ(world.messages.back().severity_before, Severity::high);
}

TEST(Planner, TheEndIsToldOnceForAll) {
  World world;
  for (const char* const node : {"n1", "n2"}) {
    world.set(1, node, AlertStatus::open, Severity::high);
  }
  world.look(seconds(0));
  world.set(1, "n1", AlertStatus::resolved, Severity::high);
  EXPECT_THAT(world.look(seconds(60)), IsEmpty());
  world.set(1, "n2", AlertStatus::resolved, Severity::high).resolution = "closed";
  EXPECT_THAT(world.look(seconds(90)), ElementsAre("resolved A-1 n[1-2]"));
  EXPECT_EQ(world.messages.back().resolution, "closed");
  EXPECT_THAT(world.look(seconds(99)), IsEmpty());
  world.wait_until(hours(25));
  EXPECT_TRUE(world.notices.empty()) << "it is forgotten after a day";
}

TEST(Planner, WhatWasPrunedIsOverToo) {
  World world;
  world.set(1, "n1", AlertStatus::open, Severity::high);
  world.look(seconds(0));
  world.alerts.clear();
  EXPECT_THAT(world.look(seconds(90)), ElementsAre("resolved A-1 n1"));
}

TEST(Planner, WhatComesAndGoesOftenIsToldLater) {
  World world;
  const auto flap = [&](seconds when) {
    world.set(1, "n1", AlertStatus::reopened);
    auto told = world.look(when);
    const auto later = world.wait_until(when + hours(5));
    told.insert(told.end(), later.begin(), later.end());
    const auto first = world.messages.back().at;
    world.set(1, "n1", AlertStatus::resolved);
    world.look(std::chrono::duration_cast<seconds>(first - at(seconds(0))) + seconds(10));
    return std::chrono::duration_cast<seconds>(first - at(when));
  };
  EXPECT_EQ(flap(seconds(0)), seconds(30));
  EXPECT_EQ(flap(seconds(50)), minutes(5) - seconds(10)) << "after its end, which was told at 40 s";
  EXPECT_EQ(flap(seconds(360)), minutes(30) + seconds(350 - 360));
}

TEST(Planner, WhatSomebodyDealsWithIsNotTold) {
  for (const AlertStatus muted : {AlertStatus::acknowledged, AlertStatus::silenced}) {
    World world;
    world.set(1, "n1", muted, Severity::high).until = at(hours(1));
    EXPECT_THAT(world.look(seconds(0)), IsEmpty());
    EXPECT_EQ(world.next, at(hours(1)));
    EXPECT_THAT(world.wait_until(hours(1)), ElementsAre("raised A-1 n1")) << "it has run out";
  }
}

TEST(Planner, ASilenceThatRanOutMakesItNewsAgain) {
  World world;
  world.set(1, "n1", AlertStatus::open, Severity::high);
  world.look(seconds(0));
  world.set(1, "n1", AlertStatus::silenced, Severity::high).until = at(hours(2));
  EXPECT_THAT(world.look(minutes(1)), IsEmpty());
  world.set(1, "n2", AlertStatus::silenced, Severity::high).until = at(hours(2));
  EXPECT_THAT(world.look(minutes(2)), IsEmpty());
  EXPECT_THAT(world.wait_until(hours(2)), ElementsAre("raised A-1 n[1-2]"));
  world.set(1, "n1", AlertStatus::resolved);
  world.set(1, "n2", AlertStatus::resolved);
  EXPECT_THAT(world.look(hours(3)), ElementsAre("resolved A-1 n[1-2]"));
}

TEST(Planner, ASilenceOfOneNodeThatRanOutIsAnUpdate) {
  World world;
  world.set(1, "n1", AlertStatus::open, Severity::high);
  world.set(1, "n2", AlertStatus::open, Severity::high);
  world.look(seconds(0));
  world.set(1, "n2", AlertStatus::silenced, Severity::high).until = at(hours(2));
  world.look(minutes(1));
  EXPECT_THAT(world.wait_until(hours(2)), ElementsAre("updated A-1 n2"));
}

TEST(Planner, WhatWasDealtWithAndIsOverIsToldAsOver) {
  World world;
  world.set(1, "n1", AlertStatus::open, Severity::high);
  world.look(seconds(0));
  world.set(1, "n1", AlertStatus::acknowledged, Severity::high).until = at(hours(2));
  world.look(minutes(1));
  world.set(1, "n1", AlertStatus::resolved, Severity::high);
  EXPECT_THAT(world.look(minutes(2)), ElementsAre("resolved A-1 n1"));
}

TEST(Planner, IsRepeatedWhileItStands) {
  World world;
  world.set(1, "n1", AlertStatus::open, Severity::high);
  world.look(seconds(0));
  EXPECT_THAT(world.wait_until(hours(50)), ElementsAre("repeated A-1 n1", "repeated A-1 n1"));
  world.policy.channels[0].repeat.reset();
  EXPECT_THAT(world.look(hours(100)), IsEmpty());
}

TEST(Planner, AChannelHearsWhatItWants) {
  struct Row {
    const char* description;
    ChannelPolicy channel;
    bool told;
  };
  const Nodeset some = parse_nodeset("n[1-5]").value();
  const Nodeset others = parse_nodeset("m[1-5]").value();
  const Row rows[] = {
      {"all", {.name = "x"}, true},
      {"grave enough", {.name = "x", .least = Severity::high}, true},
      {"not grave enough", {.name = "x", .least = Severity::critical}, false},
      {"of its kind", {.name = "x", .kinds = {FindingKind::unexpected_port}}, true},
      {"of another kind", {.name = "x", .kinds = {FindingKind::missing_port}}, false},
      {"one of its classes", {.name = "x", .classes = {"gpu"}}, true},
      {"of another class", {.name = "x", .classes = {"login"}}, false},
      {"of its nodes", {.name = "x", .nodes = some}, true},
      {"of other nodes", {.name = "x", .nodes = others}, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    World world;
    world.policy.channels = {row.channel};
    world.set(1, "n1", AlertStatus::open, Severity::high).subject.node_class = "compute+gpu";
    EXPECT_EQ(world.look(seconds(0)).size(), row.told ? 1U : 0U);
  }
}

TEST(Planner, AnEndIsNotToldWhereAFilterHasChanged) {
  World world;
  world.set(1, "n1", AlertStatus::open, Severity::high);
  world.look(seconds(0));
  world.policy.channels[0].kinds = {FindingKind::missing_port};
  EXPECT_THAT(world.look(seconds(60)), IsEmpty());
  EXPECT_TRUE(world.notices.empty());
}

TEST(Planner, NoticesOfAChannelThatIsGoneGo) {
  World world;
  world.set(1, "n1", AlertStatus::open, Severity::high);
  world.look(seconds(0));
  world.policy.channels[0].name = "other";
  EXPECT_THAT(world.look(seconds(60)), ElementsAre("raised A-1 n1"));
  EXPECT_EQ(world.notices.size(), 1U);
}

TEST(Planner, MaintenanceIsNotNews) {
  World world;
  world.policy.maintenance = {
      {.nodes = parse_nodeset("n[1-9]").value(), .from = at(hours(1)), .until = at(hours(3))}};
  world.look(seconds(0));
  EXPECT_EQ(world.next, at(hours(1)));
  world.set(1, "n1", AlertStatus::open, Severity::high);
  world.set(2, "m1", AlertStatus::open, Severity::high);
  EXPECT_THAT(world.look(hours(2)), ElementsAre("raised A-2 m1"));
  EXPECT_THAT(world.wait_until(hours(3)), ElementsAre("raised A-1 n1"));
}

TEST(Planner, AWindowThatWasOpenedAtRunTimeHoldsAsOneOfTheConfiguration) {
  World world;
  MaintenanceWindow window;
  window.nodes = "n[1-9]";
  window.from = at(hours(1));
  window.until = at(hours(3));
  MaintenanceWindow over = window;
  over.nodes = "m1";
  over.until = at(hours(2));
  MaintenanceWindow unreadable = window;
  unreadable.nodes = "m[1-";
  world.maintenance = {over, unreadable, window};
  world.look(seconds(0));
  EXPECT_EQ(world.next, at(hours(1)));
  world.set(1, "n1", AlertStatus::open, Severity::high);
  world.set(2, "m1", AlertStatus::open, Severity::high);
  EXPECT_THAT(world.look(hours(2)), ElementsAre("raised A-2 m1"));
  EXPECT_EQ(world.next, at(hours(3)));
  world.maintenance.clear();  // somebody takes it away
  EXPECT_THAT(world.look(hours(2)), ElementsAre("raised A-1 n1"));
}

TEST(Planner, NodesOfAGroupThatFallSilentTogetherAreOneCause) {
  World world;
  for (int i = 1; i <= 8; ++i) {
    world.policy.group_of[fmt::format("n{}", i)] = i <= 6 ? "rack7" : "rack8";
    world.set(2, fmt::format("n{}", i), AlertStatus::open, Severity::low).subject.kind =
        FindingKind::missing_port;
    world.silent(1, fmt::format("n{}", i));
  }
  world.look(seconds(0));
  EXPECT_THAT(world.wait_until(minutes(1)),
              ElementsAre("raised A-1 n[7-8]", "raised group rack7 n[1-6]"))
      << "and what is missing on silent nodes is not told";
  EXPECT_THAT(title_of(world.messages.back()), testing::HasSubstr("rack7 is away"));
  for (int i = 1; i <= 3; ++i) {
    world.set(1, fmt::format("n{}", i), AlertStatus::resolved, Severity::low);
  }
  EXPECT_THAT(world.look(minutes(2)), IsEmpty()) << "still away together, though fewer than five";
  for (int i = 4; i <= 6; ++i) {
    world.set(1, fmt::format("n{}", i), AlertStatus::resolved, Severity::low);
  }
  EXPECT_THAT(world.look(minutes(3)),
              ElementsAre("raised A-2 n[1-6]", "resolved group rack7 n[1-6]"))
      << "and what is still so once they are back";
}

TEST(Planner, NodesThatFellSilentFarApartAreNoGroup) {
  World world;
  for (int i = 1; i <= 6; ++i) {
    world.policy.group_of[fmt::format("n{}", i)] = "rack7";
    world.now = at(minutes(8 * i));
    world.silent(1, fmt::format("n{}", i));
  }
  world.look(hours(1));
  EXPECT_THAT(world.wait_until(hours(1) + minutes(1)), ElementsAre("raised A-1 n[1-6]"));
}

TEST(Planner, ASilentNodeHoldsBackWhatWasToldWithoutAnEnd) {
  World world;
  world.set(2, "n1", AlertStatus::open, Severity::high);
  EXPECT_THAT(world.look(seconds(0)), ElementsAre("raised A-2 n1"));
  world.silent(1, "n1");
  world.look(minutes(1));
  EXPECT_THAT(world.wait_until(minutes(2)), ElementsAre("raised A-1 n1"));
  world.set(3, "n1", AlertStatus::open, Severity::critical);
  EXPECT_THAT(world.look(minutes(3)), ElementsAre("raised A-3 n1"))
      << "critical is never held back";
  world.set(1, "n1", AlertStatus::resolved);
  EXPECT_THAT(world.look(minutes(4)), ElementsAre("resolved A-1 n1")) << "and A-2 is no news";
}

TEST(Planner, WaitsForRoomInTheOutbox) {
  World world;
  world.policy.channels[0].most_waiting = 3;
  world.waiting["ops"] = 2;
  for (int id = 1; id <= 3; ++id) world.set(id, "n1", AlertStatus::open, Severity::high);
  EXPECT_THAT(world.look(seconds(0)), ElementsAre("raised A-1 n1"));
  EXPECT_EQ(world.next, at(minutes(1)));
  world.waiting["ops"] = 0;
  EXPECT_THAT(world.wait_until(minutes(1)), ElementsAre("raised A-2 n1", "raised A-3 n1"));
}

TEST(Planner, OneCauseOn3000NodesOver40MinutesIsToldOnceAndUpdatedThreeTimesAtMost) {
  World world;
  world.policy.channels[0].repeat.reset();
  std::size_t told = 0;
  for (int step = 0; step < 40; ++step) {
    world.now = at(minutes(step));
    for (int i = 0; i < 75; ++i) {
      world.set(1, fmt::format("n{:04}", step * 75 + i), AlertStatus::open, Severity::high);
    }
    told += world.look(minutes(step)).size();
    told += world.wait_until(minutes(step + 1) - seconds(1)).size();
  }
  told += world.wait_until(hours(100)).size();
  EXPECT_EQ(told, 4U);
  EXPECT_EQ(world.messages.back().nodes, "n[0000-2999]");
  EXPECT_EQ(std::ranges::count(world.messages, What::raised, &Message::what), 1);
}

/// Whatever happens: between two ends a cause is raised at least once and updated three times at
/// most, nothing is told of what is muted, and what is over is told as over if it was told at all.
RC_GTEST_PROP(PlannerProperty, NoCauseFloodsAndNoneIsLost, ()) {
  World world;
  world.policy.channels[0].repeat.reset();
  const auto steps = *rc::gen::inRange(1, 60);
  int updates = 0;
  bool is_open = false;
  seconds when(0);
  for (int step = 0; step < steps; ++step) {
    when += seconds(*rc::gen::inRange(1, 4000));
    world.now = at(when);
    const auto node = fmt::format("n{}", *rc::gen::inRange(1, 6));
    const auto status = *rc::gen::element(AlertStatus::open, AlertStatus::open,
                                          AlertStatus::resolved, AlertStatus::silenced);
    AlertRecord& record = world.set(1, node, status);
    record.until.reset();
    if (status == AlertStatus::silenced) record.until = at(when + seconds(3000));
    const std::size_t before = world.messages.size();
    world.look(when);
    world.wait_until(when);
    for (std::size_t i = before; i < world.messages.size(); ++i) {
      const Message& message = world.messages[i];
      if (message.what == What::raised) {
        updates = 0;
        is_open = true;
      } else if (message.what == What::updated) {
        RC_ASSERT(is_open);
        RC_ASSERT(++updates <= 3);
        RC_ASSERT(!message.new_nodes.empty());
      } else {
        RC_ASSERT(is_open);
        is_open = false;
      }
    }
  }
  for (auto& [key, record] : world.alerts) record.status = AlertStatus::resolved;
  world.look(when + seconds(1));
  if (!world.messages.empty()) RC_ASSERT(world.messages.back().what == What::resolved);
}

}  // namespace
}  // namespace lockstep::notify
