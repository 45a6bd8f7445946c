#include "daemon/job_watch.h"

#include <gtest/gtest.h>

#include <map>

#include "inventory/test_scheduler.h"

namespace lockstep {
namespace {

using enum SchedulerState;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Answer = Result<std::vector<NodeSchedule>>;

/// A watch over a scheduler of which a test says what it knows, how long it takes, and what happens
/// while it is asked.
class JobWatchTest : public testing::Test {
 protected:
  JobWatchTest() { watch.renew(cache()); }

  std::unique_ptr<SchedulerCache> cache(std::size_t batch = kMostNodesAQuery) {
    auto scheduler = std::make_unique<TestScheduler>(
        [this](auto asked, auto /*time*/) { return answer(asked); });
    return std::make_unique<SchedulerCache>(
        std::move(scheduler), std::vector<std::string>{"n1", "n2", "n3"}, [this] { return now; },
        SchedulerCacheOptions{.batch = batch});
  }

  bool is_idle(const std::string& node) { return counts_as_idle(watch.schedules({node}).at(0)); }

  JobWatch::Steady now{seconds(1'000'000)};
  std::map<std::string, SchedulerState> states{{"n1", idle}, {"n2", idle}, {"n3", idle}};
  milliseconds takes{0};
  std::function<void()> meanwhile = [] {};
  std::optional<Error> fails;
  int queries = 0;
  Board board;
  Troubles troubles;
  JobWatch watch{board, troubles};

 private:
  Answer answer(std::span<const std::string> asked) {
    ++queries;
    if (fails) return std::unexpected(*fails);
    std::vector<NodeSchedule> said;
    for (const std::string& node : asked) said.push_back(schedule_of(node, states.at(node)));
    now += takes;
    meanwhile();
    return said;
  }
};

TEST_F(JobWatchTest, WithoutAPrologANodeIsLeftWithinOnePoll) {
  ASSERT_TRUE(is_idle("n1"));
  board.begin_step({"n1", "n2"});
  states["n1"] = allocated;
  const auto begun = now;
  while (now - begun < seconds(30)) {
    watch.look();
    EXPECT_FALSE(board.leave().contains("n1")) << "nobody has told";
    now += milliseconds(500);
  }
  watch.look();
  EXPECT_TRUE(board.leave().contains("n1"));
  EXPECT_FALSE(board.leave().contains("n2"));
  EXPECT_EQ(queries, 2) << "asked once in 30 s, however often one looks";
}

TEST_F(JobWatchTest, WhereNobodyIsAskedAsIdleTheSchedulerIsNotAsked) {
  watch.look();
  EXPECT_EQ(queries, 0);
}

TEST_F(JobWatchTest, WithAPrologItIsLeftAtOnceAndBusyUntilTheSchedulerWasAsked) {
  ASSERT_TRUE(is_idle("n1"));
  board.begin_step({"n1", "n2"});
  now += seconds(5);
  EXPECT_EQ(watch.take({"n1"}, now), 1U);
  EXPECT_TRUE(board.leave().contains("n1"));
  board.end_step();
  now += seconds(5);
  EXPECT_FALSE(is_idle("n1")) << "what the scheduler said is older";
  EXPECT_TRUE(is_idle("n2"));
  now += seconds(20);
  EXPECT_TRUE(is_idle("n1")) << "a short job: asked anew, the scheduler calls it idle";
}

TEST_F(JobWatchTest, WhoeverIsAskedByHandThoughAJobHoldsItStays) {
  states["n2"] = allocated;
  watch.ask_by_hand({"n1", "n2"});
  now += seconds(5);
  EXPECT_EQ(watch.take({"n1", "n2", "n3"}, now), 1U);
  EXPECT_TRUE(board.leave().contains("n1"));
  EXPECT_FALSE(board.leave().contains("n2")) << "one job more changes nothing";
}

TEST_F(JobWatchTest, ASchedulerThatIsSlowDoesNotGiveBackWhatIsTakenMeanwhile) {
  takes = seconds(8);
  meanwhile = [this] { watch.take({"n1"}, now - seconds(1)); };
  EXPECT_FALSE(is_idle("n1")) << "it was taken after the question";
  meanwhile = [] {};
  now += seconds(30);
  EXPECT_TRUE(is_idle("n1"));
}

TEST_F(JobWatchTest, WhatIsToldOfOthersDoesNotGiveItBack) {
  watch.renew(cache(1));  // a query a node
  ASSERT_TRUE(is_idle("n1"));
  now += seconds(1);
  watch.take({"n1"}, now);
  now += seconds(30);
  takes = seconds(6);  // of a round of 10 s: n1 and n2, then n3 in the next
  EXPECT_TRUE(is_idle("n1"));
  watch.take({"n3"}, now);
  now += seconds(1);
  EXPECT_TRUE(is_idle("n2"));
  EXPECT_FALSE(is_idle("n3")) << "others were asked since";
  now += seconds(30);
  watch.ask();
  EXPECT_TRUE(is_idle("n3"));
}

TEST_F(JobWatchTest, WithoutAnAnswerItStaysTaken) {
  ASSERT_TRUE(is_idle("n1"));
  now += seconds(1);
  watch.take({"n1"}, now);
  fails = Error(ErrorKind::unavailable, "gone");
  now += seconds(60);
  EXPECT_FALSE(is_idle("n1"));
  EXPECT_TRUE(watch.schedules({}).empty()) << "a question about nobody gives nobody back";
  EXPECT_FALSE(is_idle("n1"));
  EXPECT_TRUE(is_idle("n2")) << "what was said last counts for a while";
  now += seconds(600);
  EXPECT_FALSE(is_idle("n2")) << "nothing is known any more";
  fails.reset();
  now += seconds(60);
  EXPECT_TRUE(is_idle("n1"));
}

TEST_F(JobWatchTest, TellsWhatWasSaidLastWithoutAsking) {
  EXPECT_FALSE(watch.last_states().age);
  states["n2"] = maintenance;
  ASSERT_TRUE(watch.ask());
  now += seconds(40);
  watch.take({"n3"}, now);
  const control::SchedulerStates said = watch.last_states();
  EXPECT_EQ(said.age, seconds(40));
  EXPECT_EQ(said.nodes, (std::map<SchedulerState, std::vector<std::string>>{
                            {idle, {"n1"}}, {allocated, {"n3"}}, {maintenance, {"n2"}}}));
  EXPECT_EQ(queries, 1);
  takes = seconds(2);
  meanwhile = [this] { EXPECT_FALSE(watch.last_states().age) << "nobody waits for an answer"; };
  watch.ask();
}

TEST_F(JobWatchTest, TroubleIsToldUntilItAnswersOrIsNotTheSchedulerAnyMore) {
  fails = Error(ErrorKind::unavailable, "gone");
  EXPECT_FALSE(watch.ask());
  EXPECT_EQ(troubles.lines().size(), 1U);
  EXPECT_NE(watch.trouble(), "");
  watch.renew(cache());
  EXPECT_EQ(troubles.lines().size(), 1U) << "the same one, not heard yet";
  fails.reset();
  EXPECT_TRUE(watch.ask());
  EXPECT_TRUE(troubles.lines().empty());
  fails = Error(ErrorKind::unavailable, "gone");
  now += seconds(30);
  watch.look();
  watch.ask();
  EXPECT_EQ(troubles.lines().size(), 1U);
  watch.renew(nullptr);
  EXPECT_TRUE(troubles.lines().empty());
  EXPECT_EQ(watch.trouble(), "");
  EXPECT_FALSE(watch.has_scheduler());
  EXPECT_FALSE(watch.until_next_round());
  EXPECT_EQ(watch.take({"n1"}, now), 0U);
}

}  // namespace
}  // namespace lockstep
