#include "scan/pace.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

namespace lockstep::scan {
namespace {

constexpr unsigned kWindow = 16;
constexpr int kBetween = 48;  // probes between two sentinels, half of which a filter drops

/// What a path loses at a share of the asked rate.
using Path = std::function<double(double share)>;

/// The share after `count` sentinels over `path`, and the least on the way.
struct Course {
  double last = 1;
  double least = 1;
  double mean = 0;
};

Course run(const Path& path, int count, unsigned seed = 1) {
  Pace pace(kWindow, 0.2);
  std::mt19937 random(seed);
  Course course;
  for (int i = 0; i < count; ++i) {
    const double loss = path(pace.share());
    const auto lost = [&] { return std::uniform_real_distribution<>(0, 1)(random) < loss; };
    int answered = 0;
    for (int probe = 0; probe < kBetween; ++probe) answered += !lost() && probe % 2 == 0;
    pace.note(lost(), kBetween, answered);
    course.last = pace.share();
    course.least = std::min(course.least, course.last);
    course.mean += course.last / count;
  }
  return course;
}

TEST(Pace, StaysWhereNothingIsLost) {
  EXPECT_EQ(run([](double) { return 0.0; }, 1000).least, 1);
}

TEST(Pace, GoesDownToWhatIsAnswered) {
  for (const double limit : {0.5, 0.15, 0.05}) {
    for (const unsigned seed : {1U, 2U, 3U}) {
      SCOPED_TRACE(testing::Message() << "limit " << limit << ", seed " << seed);
      const Course course =
          run([&](double share) { return std::max(0.0, 1 - limit / share); }, 2000, seed);
      EXPECT_LT(course.mean, limit * 2);
      EXPECT_GT(course.mean, limit * 0.4);
    }
  }
}

TEST(Pace, TakesBackWhatDidNotHelp) {
  for (const double loss : {0.3, 0.6, 0.9}) {
    for (const unsigned seed : {1U, 2U, 3U}) {
      SCOPED_TRACE(testing::Message() << "loss " << loss << ", seed " << seed);
      EXPECT_GT(run([&](double) { return loss; }, 2000, seed).mean, 0.75);
    }
  }
}

TEST(Pace, ComesBackInSteps) {
  Pace pace(kWindow, 0.2);
  for (int i = 0; i < 8; ++i) pace.note(i % 2 == 0, 0, 0);
  EXPECT_EQ(pace.share(), 0.5) << "as soon as it is clear that the window is not good";
  double before = pace.share();
  for (int window = 0; window < 8 && before < 1; ++window) {
    for (unsigned i = 0; i < kWindow; ++i) pace.note(false, 0, 0);
    EXPECT_GT(pace.share(), before);
    EXPECT_LE(pace.share(), before * 9 / 8);
    before = pace.share();
  }
  EXPECT_EQ(pace.share(), 1);
}

TEST(Pace, HasAFloor) {
  EXPECT_GE(run([](double share) { return share > 0.001 ? 1 - 0.001 / share : 0.0; }, 5000).least,
            Pace::kLeast);
}

TEST(Pace, ADecreaseThatWasNotComparedDoesNotOutliveItsPass) {
  // Passes that are too short to compare would otherwise add up to a crawl.
  Pace pace(kWindow, 0.2);
  for (int pass = 0; pass < 20; ++pass) {
    for (unsigned i = 0; i < 8; ++i) pace.note(i % 2 == 0, 0, 0);
    EXPECT_EQ(pace.share(), 0.5);
    pace.begin_pass();
    EXPECT_EQ(pace.share(), 1);
  }
}

TEST(Pace, ADecreaseThatHelpedOutlivesItsPass) {
  Pace pace(kWindow, 0.2);
  for (unsigned i = 0; i < 8; ++i) pace.note(i % 2 == 0, 48, 24);
  ASSERT_EQ(pace.share(), 0.5);
  for (unsigned i = 0; i < kWindow; ++i) pace.note(false, 48, 48);
  const double after = pace.share();
  EXPECT_LT(after, 0.6);
  pace.begin_pass();
  EXPECT_EQ(pace.share(), after);
}

TEST(Pace, ComesBackFromTheFloorInANewPass) {
  Pace pace(kWindow, 0.2);
  std::mt19937 random(1);
  const auto note = [&](double loss) {
    pace.note(std::uniform_real_distribution<>(0, 1)(random) < loss, 0, 0);
  };
  for (int i = 0; i < 200; ++i) note(pace.share() > 0.02 ? 0.98 : 0.5);
  pace.begin_pass();
  double highest = 0;
  for (int i = 0; i < 400; ++i) {
    note(0.5);
    highest = std::max(highest, pace.share());
  }
  EXPECT_EQ(highest, 1) << "the loss is the same at every rate";
}

}  // namespace
}  // namespace lockstep::scan
