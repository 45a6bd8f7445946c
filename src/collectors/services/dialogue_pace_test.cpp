#include "collectors/services/dialogue_pace.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

using std::chrono::milliseconds;

/// The limit after `count` dialogues that end one after the other.
unsigned after(DialoguePace& pace, unsigned count, bool as_expected, milliseconds took) {
  static DialoguePace::TimePoint now{};
  for (unsigned i = 0; i < count; ++i) {
    now += milliseconds(10);
    pace.ended(as_expected, took, now);
  }
  return pace.limit();
}

TEST(DialoguePace, RisesWhileAnswersAreQuick) {
  DialoguePace pace(256);
  EXPECT_EQ(pace.limit(), 64U);
  EXPECT_EQ(after(pace, 10, true, milliseconds(30)), 74U);
  EXPECT_EQ(after(pace, 10, false, milliseconds(3000)), 84U) << "silence tells nothing";
  EXPECT_EQ(after(pace, 1000, true, milliseconds(30)), 256U);
}

TEST(DialoguePace, FallsWhileTheExpectedIsSlowAndRisesAgain) {
  DialoguePace pace(256);
  after(pace, 1000, true, milliseconds(30));
  EXPECT_EQ(after(pace, 1, true, milliseconds(2000)), 256U) << "one is an exception";
  EXPECT_LT(after(pace, 100, true, milliseconds(2000)), 150U);
  EXPECT_EQ(after(pace, 10'000, true, milliseconds(2000)), 32U);
  EXPECT_EQ(after(pace, 1000, true, milliseconds(30)), 256U);
}

TEST(DialoguePace, IsStrainedUntilAMomentAfter) {
  DialoguePace pace(256);
  const DialoguePace::TimePoint begin{};
  EXPECT_FALSE(pace.is_strained(begin));
  for (int i = 0; i < 100; ++i) pace.ended(true, milliseconds(2000), begin);
  EXPECT_TRUE(pace.is_strained(begin));
  for (int i = 0; i < 200; ++i) pace.ended(true, milliseconds(10), begin);
  EXPECT_TRUE(pace.is_strained(begin + std::chrono::seconds(9)));
  EXPECT_FALSE(pace.is_strained(begin + std::chrono::seconds(11)));
}

TEST(DialoguePace, IsNeverMoreThanTheMost) {
  DialoguePace one(1);
  EXPECT_EQ(one.limit(), 1U);
  EXPECT_EQ(after(one, 100, true, milliseconds(1)), 1U);
  EXPECT_EQ(after(one, 100, true, milliseconds(5000)), 1U);
  EXPECT_EQ(DialoguePace(0).limit(), 1U);
}

}  // namespace
}  // namespace lockstep
