#include "daemon/rounds.h"

#include <gtest/gtest.h>

#include "daemon/test_folder.h"

namespace lockstep {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class RoundLogTest : public WithStore {
 protected:
  /// One each 10 s.
  void rounds(int count, const std::string& problem = "") {
    for (int i = 0; i < count; ++i) {
      now_ += seconds(10);
      log_.note({.begun = now_,
                 .ended = now_ + seconds(2),
                 .nodes = 64,
                 .covered = problem.empty() ? 64U : 3U,
                 .probes = 64,
                 .problem = problem});
      ASSERT_TRUE(log_.keep(*store_));
    }
  }
  std::vector<InstanceRun> rows() { return store_->runs(10'000).value(); }

  WallTime now_{seconds(1'700'000'000)};
  RoundLog log_{"load", "me"};
};

TEST_F(RoundLogTest, RoundsThatWentAlikeAreOneRow) {
  rounds(1);
  ASSERT_EQ(rows().size(), 1U) << "the first is there at once";
  rounds(100);
  EXPECT_GE(rows()[0].steps_done, 95U) << "a minute late at most";
  ASSERT_TRUE(log_.keep(*store_, true));
  const InstanceRun row = rows()[0];
  EXPECT_EQ(row.instance, "load");
  EXPECT_EQ(row.owner, "me");
  EXPECT_EQ(row.state, SweepState::finished);
  EXPECT_EQ(row.steps, 101U);
  EXPECT_EQ(row.steps_done, 101U);
  EXPECT_EQ(row.nodes, 64U);
  EXPECT_EQ(row.proven, 64U);
  EXPECT_EQ(row.probes, 6464U);
  EXPECT_EQ(row.ended - row.started, seconds(1002));
}

TEST_F(RoundLogTest, WhatFailsIsARowOfItsOwnAtOnce) {
  rounds(20);
  rounds(10, "it hangs");
  ASSERT_EQ(rows().size(), 2U);
  EXPECT_EQ(rows()[1].steps_done, 20U) << "what went on is whole";
  EXPECT_EQ(rows()[0].state, SweepState::failed);
  EXPECT_EQ(rows()[0].problem, "it hangs");
  EXPECT_EQ(rows()[0].proven, 3U);
  rounds(10, "it crashes");
  rounds(10);
  ASSERT_EQ(rows().size(), 4U);
  EXPECT_EQ(rows()[0].state, SweepState::finished);
}

TEST_F(RoundLogTest, WhatChangesAllTheTimeMakesARowAMinute) {
  for (int i = 0; i < 60; ++i) rounds(1, i % 2 == 0 ? "" : "now and then");
  EXPECT_LE(rows().size(), 11U);
  for (const InstanceRun& row : rows()) {
    EXPECT_TRUE(row.steps_done == 1 || row.problem == "now and then");
  }
}

TEST_F(RoundLogTest, ARowIsADayAtMost) {
  constexpr int kADay = 144;
  for (int i = 0; i < 3 * kADay; ++i) {
    now_ += std::chrono::minutes(10);
    log_.note({.begun = now_, .ended = now_});
  }
  ASSERT_TRUE(log_.keep(*store_));
  EXPECT_EQ(rows().size(), 3U);
}

TEST_F(RoundLogTest, WhatCouldNotBeWrittenIsWrittenLater) {
  RoundLog log("own", "me");
  const auto note = [&](const std::string& problem) {
    now_ += seconds(90);
    log.note({.begun = now_, .ended = now_, .problem = problem});
  };
  note("");
  note("no disk");
  note("no disk");
  note("");
  ASSERT_TRUE(log.keep(*store_));
  ASSERT_EQ(rows().size(), 3U);
  EXPECT_EQ(rows()[1].steps_done, 2U);
  EXPECT_EQ(rows()[1].problem, "no disk");
}

TEST_F(RoundLogTest, AClockThatIsSetBackBeginsARow) {
  rounds(3);
  now_ -= hours(1);
  rounds(3);
  EXPECT_EQ(rows().size(), 2U);
}

}  // namespace
}  // namespace lockstep
