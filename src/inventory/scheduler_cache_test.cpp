#include "inventory/scheduler_cache.h"

#include <gtest/gtest.h>

#include "inventory/test_scheduler.h"

namespace lockstep {
namespace {

using enum SchedulerState;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Answer = Result<std::vector<NodeSchedule>>;

std::vector<std::string> names(std::size_t count) {
  std::vector<std::string> result;
  for (std::size_t i = 1; i <= count; ++i) result.push_back("n" + std::to_string(1000 + i));
  return result;
}

/// A cache over a scheduler that says `state` of all nodes, or fails, and takes `takes`.
class Desk {
 public:
  explicit Desk(std::size_t nodes, const SchedulerCacheOptions& options = {},
                bool tells_all = false)
      : nodes_(names(nodes)),
        cache(
            std::make_unique<TestScheduler>(
                [this](auto asked, auto time) { return answer(asked, time); }, tells_all),
            nodes_, [this] { return now; }, options) {}

  /// "idle 0 s" of a node, or "unknown".
  std::string state(const std::string& node = "n1001") {
    const std::string one[] = {node};
    const KnownSchedule known = cache.states(one).at(0);
    EXPECT_EQ(known.schedule.node, node);
    if (!known.age) return "unknown: " + known.schedule.reason;
    return std::string(to_string(known.schedule.state)) + " " +
           std::to_string(known.age->count() / 1000) + " s";
  }

  std::vector<std::string> nodes_;
  std::chrono::steady_clock::time_point now{seconds(1'000'000)};
  SchedulerState says = idle;
  milliseconds takes{0};
  std::optional<Error> fails;
  std::vector<std::size_t> queries;  // their sizes
  SchedulerCache cache;

 private:
  Answer answer(std::span<const std::string> asked, milliseconds time) {
    queries.push_back(asked.size());
    now += std::min(takes, time);
    if (takes > time) return fail(ErrorKind::unavailable, "did not end in time");
    if (fails) return std::unexpected(*fails);
    std::vector<NodeSchedule> result;
    for (const std::string& node : asked) result.push_back(schedule_of(node, says));
    return result;
  }
};

TEST(SchedulerCache, AsksOnceInThirtySecondsWhoeverWantsToKnow) {
  Desk desk(3);
  EXPECT_EQ(desk.state("n1001"), "idle 0 s");
  desk.says = allocated;
  desk.now += seconds(29);
  EXPECT_EQ(desk.state("n1001"), "idle 29 s");
  EXPECT_EQ(desk.state("n1002"), "idle 29 s");
  EXPECT_EQ(desk.queries.size(), 1U);
  desk.now += seconds(1);
  EXPECT_EQ(desk.state("n1003"), "allocated 0 s");
  EXPECT_EQ(desk.state("n1001"), "allocated 0 s");
  EXPECT_EQ(desk.queries, (std::vector<std::size_t>{3, 3}));
}

TEST(SchedulerCache, AsksInBatches) {
  Desk desk(1100);
  EXPECT_EQ(desk.state("n2100"), "idle 0 s");
  EXPECT_EQ(desk.queries, (std::vector<std::size_t>{512, 512, 76}));
  EXPECT_FALSE(desk.cache.trouble());
}

TEST(SchedulerCache, AsksOnceWhereTheAnswerIsAboutAllNodesAnyway) {
  Desk desk(1100, {}, true);
  EXPECT_EQ(desk.state("n2100"), "idle 0 s");
  EXPECT_EQ(desk.queries, (std::vector<std::size_t>{1100}));
}

TEST(SchedulerCache, KnowsNothingOfOtherNodes) {
  Desk desk(1);
  EXPECT_EQ(desk.state("other"), "unknown: test is not asked about this node");
}

TEST(SchedulerCache, KeepsWhatWasSaidWhileTheSchedulerIsGoneAndForgetsItThen) {
  Desk desk(2);
  EXPECT_EQ(desk.state(), "idle 0 s");
  desk.fails = Error(ErrorKind::unavailable, "connection refused");
  desk.now += seconds(100);
  EXPECT_EQ(desk.state(), "idle 100 s");
  ASSERT_TRUE(desk.cache.trouble());
  EXPECT_EQ(desk.cache.trouble()->message(), "test: connection refused");
  desk.now += seconds(200);
  EXPECT_EQ(desk.state(), "idle 300 s");
  desk.now += seconds(31);
  EXPECT_EQ(desk.state(), "unknown: test has told nothing of this node for 331 s");
  desk.fails.reset();
  desk.now += seconds(30);
  EXPECT_EQ(desk.state(), "idle 0 s");
  EXPECT_FALSE(desk.cache.trouble());
}

TEST(SchedulerCache, NeverWaitsLongerThanAgreedAndNotForEachNode) {
  Desk desk(1100);
  desk.takes = seconds(3600);
  const auto begin = desk.now;
  EXPECT_EQ(desk.state(), "unknown: test has told nothing of this node yet");
  EXPECT_EQ(desk.now - begin, seconds(10));
  for (const char* node : {"n1001", "n1700", "n2100"}) desk.state(node);
  EXPECT_EQ(desk.now - begin, seconds(10));
  EXPECT_EQ(desk.queries.size(), 1U);
}

TEST(SchedulerCache, OfASlowSchedulerAllIsToldInTheEnd) {
  Desk desk(1100);
  desk.takes = seconds(6);  // one batch a round ends in time
  EXPECT_EQ(desk.state("n1001"), "idle 10 s");
  EXPECT_EQ(desk.state("n2100"), "unknown: test has told nothing of this node yet");
  ASSERT_TRUE(desk.cache.trouble());
  for (int round = 0; round < 2; ++round) {
    desk.now += seconds(30);
    desk.state();
  }
  // The batch in the middle was late each time, and is the next one's first.
  EXPECT_EQ(desk.state("n2100").substr(0, 4), "idle");
  EXPECT_EQ(desk.state("n1001").substr(0, 4), "idle");
}

TEST(SchedulerCache, ABatchThatIsRefusedDoesNotKeepTheOthers) {
  SchedulerCacheOptions options;
  options.batch = 1;
  Desk desk(3, options);
  desk.fails = Error(ErrorKind::invalid, "garbage");
  desk.state();
  EXPECT_EQ(desk.queries.size(), 3U);
  EXPECT_EQ(desk.cache.trouble()->message(), "test: garbage");
}

}  // namespace
}  // namespace lockstep
