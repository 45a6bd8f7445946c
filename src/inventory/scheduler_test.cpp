#include "inventory/scheduler.h"

#include <gtest/gtest.h>

#include "inventory/test_scheduler.h"

namespace lockstep {
namespace {

using enum SchedulerState;
using std::chrono::milliseconds;

/// "n1 idle, n2 unknown (reason)"
std::string told(const std::vector<NodeSchedule>& schedules) {
  std::string text;
  for (const NodeSchedule& schedule : schedules) {
    text +=
        (text.empty() ? "" : ", ") + schedule.node + " " + std::string(to_string(schedule.state));
    if (!schedule.reason.empty()) text += " (" + schedule.reason + ")";
  }
  return text;
}

TEST(Scheduler, TellsOfWhatWasAskedAndOfNothingElse) {
  const struct {
    const char* description;
    std::vector<NodeSchedule> said;
    const char* told;
  } rows[] = {
      {"in whatever order", {schedule_of("n2", down), schedule_of("n1", idle)}, "n1 idle, n2 down"},
      {"a node that nobody asked about",
       {schedule_of("n1", idle), schedule_of("n2", idle), schedule_of("evil", idle)},
       "n1 idle, n2 idle"},
      {"a node is missing",
       {schedule_of("n2", mixed)},
       "n1 unknown (test does not know this node), n2 mixed"},
      {"the same twice, as a node in two partitions",
       {schedule_of("n1", idle), schedule_of("n1", idle), schedule_of("n2", idle)},
       "n1 idle, n2 idle"},
      {"two things of one node",
       {schedule_of("n1", idle), schedule_of("n1", allocated), schedule_of("n2", idle)},
       "n1 unknown (the scheduler says both idle and allocated of it), n2 idle"},
      {"nothing",
       {},
       "n1 unknown (test does not know this node), n2 unknown (test does not know "
       "this node)"},
  };
  const std::string nodes[] = {"n1", "n2"};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    TestScheduler scheduler([&](auto, auto) { return row.said; });
    const auto states = scheduler.query(nodes, milliseconds(1));
    ASSERT_TRUE(states) << states.error().message();
    EXPECT_EQ(told(*states), row.told);
  }
}

TEST(Scheduler, UnitesWhatIsSaidOfANodeAndKeepsItShort) {
  TestScheduler scheduler([](auto, auto) {
    NodeSchedule one = schedule_of("n1", allocated);
    one.partitions = {"long"};
    one.features = {"gpu", "big"};
    one.jobs = {{"7", "bob"}, {"12", "alice"}};
    one.reason = std::string(100'000, 'x');
    NodeSchedule two = schedule_of("n1", allocated);
    two.partitions = {"debug", "long"};
    two.features = {"gpu", "big"};
    two.jobs = {{"7", "bob"}};
    return Result<std::vector<NodeSchedule>>({one, two});
  });
  const std::string nodes[] = {"n1"};
  const auto states = scheduler.query(nodes, milliseconds(1));
  ASSERT_TRUE(states) << states.error().message();
  const NodeSchedule& state = states->at(0);
  EXPECT_EQ(state.partitions, (std::vector<std::string>{"debug", "long"}));
  EXPECT_EQ(state.features, (std::vector<std::string>{"big", "gpu"}));
  EXPECT_EQ(state.jobs, (std::vector<SchedulerJob>{{"12", "alice"}, {"7", "bob"}}));
  EXPECT_EQ(state.reason.size(), 256U);
}

TEST(Scheduler, IsNotAskedWhatNoCommandShouldSee) {
  for (const char* name : {"", "-a", "n[1-2]", "n1,n2", "n1 n2", "$(id)", "n1\n", "n*", "\xff"}) {
    SCOPED_TRACE(name);
    TestScheduler scheduler([](auto asked, auto) -> Result<std::vector<NodeSchedule>> {
      EXPECT_EQ(asked.size(), 1U);
      return std::vector{schedule_of(asked[0], idle)};
    });
    const std::string nodes[] = {name, "n1"};
    const auto states = scheduler.query(nodes, milliseconds(1));
    ASSERT_TRUE(states) << states.error().message();
    EXPECT_EQ(states->at(0).state, unknown);
    EXPECT_EQ(states->at(0).reason.find("test cannot be asked about \""), 0U);
    EXPECT_EQ(states->at(1).state, idle);
  }
}

TEST(Scheduler, IsNotAskedAboutTooManyAtOnce) {
  TestScheduler scheduler([](auto, auto) { return std::vector<NodeSchedule>{}; });
  const std::vector<std::string> many(kMostNodesAQuery + 1, "n1");
  const auto states = scheduler.query(many, milliseconds(1));
  ASSERT_FALSE(states);
  EXPECT_EQ(states.error().message(), "test: 513 nodes in one query; ask for at most 512 at once");
}

}  // namespace
}  // namespace lockstep
