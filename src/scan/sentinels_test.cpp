#include "scan/sentinels.h"

#include <gtest/gtest.h>

#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

using std::chrono::milliseconds;
using test::plan_of;
using test::port_range;
using test::table_for;
using TimePoint = std::chrono::steady_clock::time_point;

constexpr milliseconds kGrace(100);
constexpr milliseconds kPeriod(1);

/// One address, of whose ports 1 and 2 are closed, 3 is open and 4 rejected.
struct World {
  Plan plan = plan_of(1, port_range(1, 1000));
  ResultTable table = table_for(plan);
  Sentinels sentinels{plan, table, kGrace};
  TimePoint now{std::chrono::hours(1)};

  World() {
    sentinels.begin_pass();
    table.record(0, 1, Answer::closed);
    table.record(0, 2, Answer::closed);
    table.record(0, 3, Answer::open);
    table.record(0, 4, Answer::unreachable);
  }

  void send(int count) {
    for (int i = 0; i < count; ++i) sentinels.count_probe(0);
  }

  /// One turn that is answered, or not, and then some time.
  Port turn(bool answered) {
    const Port port = sentinels.turn(0, now, kPeriod);
    if (answered) sentinels.answered(0, port);
    now += kGrace;
    return port;
  }
};

TEST(Sentinels, AreNotNeededWhereAllAnswer) {
  World world;
  EXPECT_FALSE(world.sentinels.needed(0, world.now));
  world.send(64);
  EXPECT_FALSE(world.sentinels.needed(0, world.now)) << "they may be under way";
  world.send(20);
  EXPECT_TRUE(world.sentinels.needed(0, world.now)) << "4 of 84 have answered";
}

TEST(Sentinels, BeginEachPassAnew) {
  World world;
  world.send(84);
  world.sentinels.begin_pass();
  EXPECT_FALSE(world.sentinels.needed(0, world.now));
  world.send(70);
  EXPECT_TRUE(world.sentinels.needed(0, world.now))
      << "what answered in the pass before does not count";
}

TEST(Sentinels, AreClosedPortsWhereThereAreAny) {
  World world;
  for (int i = 0; i < 20; ++i) {
    const Port port = world.turn(true);
    EXPECT_TRUE(port == 1 || port == 2) << port;
  }
}

TEST(Sentinels, AreOpenPortsWhereNoneIsClosed) {
  const Plan plan = plan_of(1, port_range(1, 1000));
  const auto table = table_for(plan);
  table.record(0, 65535, Answer::open);
  table.record(0, 9, Answer::unreachable);
  Sentinels sentinels(plan, table, kGrace);
  EXPECT_EQ(sentinels.turn(0, TimePoint{}, kPeriod), 65535);
}

TEST(Sentinels, AreNoneWhereNothingHasAnswered) {
  const Plan plan = plan_of(1, port_range(1, 1000));
  const auto table = table_for(plan);
  Sentinels sentinels(plan, table, kGrace);
  EXPECT_EQ(sentinels.turn(0, TimePoint{}, kPeriod), 0);
}

TEST(Sentinels, AreGivenTheirTimeToAnswer) {
  World world;
  EXPECT_NE(world.sentinels.turn(0, world.now, kPeriod), 0);
  EXPECT_EQ(world.sentinels.turn(0, world.now + kGrace / 2, kPeriod), 0);
  EXPECT_NE(world.sentinels.turn(0, world.now + kGrace, kPeriod), 0);
}

TEST(Sentinels, ThatAreLostSlowTheAddressDown) {
  World world;
  for (int i = 0; i < 9; ++i) world.turn(i % 2 == 0);
  EXPECT_EQ(world.sentinels.period(0).count(), 0);
  world.turn(false);
  EXPECT_GE(world.sentinels.period(0), kPeriod * 2);
  EXPECT_EQ(world.sentinels.share(), 1) << "one address is no reason to slow all of them down";
}

TEST(Sentinels, ThatComeBackChangeNothing) {
  World world;
  for (int i = 0; i < 500; ++i) world.turn(true);
  EXPECT_EQ(world.sentinels.period(0).count(), 0);
  EXPECT_EQ(world.sentinels.share(), 1);
}

TEST(Sentinels, OfManyAddressesSlowAllDown) {
  constexpr std::uint32_t kMany = 256;
  const Plan plan = plan_of(kMany, port_range(1, 1000));
  const auto table = table_for(plan);
  for (std::uint32_t i = 0; i < kMany; ++i) table.record(i, 1, Answer::closed);
  Sentinels sentinels(plan, table, kGrace);
  TimePoint now{};
  const auto ask_all = [&] {
    for (std::uint32_t i = 0; i < kMany; ++i) sentinels.turn(i, now, kPeriod);
    now += kGrace;
  };
  for (int i = 0; i < 2; ++i) ask_all();
  EXPECT_EQ(sentinels.share(), 1) << "what is asked now is judged when its grace is over";
  ask_all();
  EXPECT_EQ(sentinels.share(), 0.125) << "nothing at all came back, of what was asked before";
  for (int i = 0; i < 2; ++i) ask_all();
  EXPECT_EQ(sentinels.share(), 1) << "a lower rate does not help";
  EXPECT_EQ(sentinels.period(0).count(), 0);
}

TEST(Sentinels, OfFewAddressesSlowAllDownWhereMostAreLost) {
  // Loss that half of them show may be their own; what nearly all lose is lost before.
  const struct {
    const char* description;
    std::uint32_t lost;  // of sixteen
    double share;
  } kRows[] = {
      {"none", 0, 1},
      {"two slow ones", 2, 1},
      {"all", 16, 0.125},
  };
  constexpr std::uint32_t kHosts = 16;
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const Plan plan = plan_of(kHosts, port_range(1, 1000));
    const auto table = table_for(plan);
    for (std::uint32_t i = 0; i < kHosts; ++i) table.record(i, 1, Answer::closed);
    Sentinels sentinels(plan, table, kGrace);
    TimePoint now{};
    for (int turn = 0; turn < 12; ++turn) {
      for (std::uint32_t i = 0; i < kHosts; ++i) {
        const Port port = sentinels.turn(i, now, kPeriod);
        if (i >= row.lost) sentinels.answered(i, port);
      }
      now += kGrace;
      if (sentinels.share() < 1) break;
    }
    EXPECT_EQ(sentinels.share(), row.share);
  }
}

TEST(Sentinels, OfAFewThatAreLeftDoNotSpeakForAll) {
  constexpr std::uint32_t kHosts = 64;
  const Plan plan = plan_of(kHosts, port_range(1, 1000));
  const auto table = table_for(plan);
  for (std::uint32_t i = 0; i < kHosts; ++i) table.record(i, 1, Answer::closed);
  Sentinels sentinels(plan, table, kGrace);
  TimePoint now{};
  for (int turn = 0; turn < 12; ++turn, now += kGrace) {
    for (std::uint32_t i = 0; i < 5; ++i) sentinels.turn(i, now, kPeriod);
  }
  EXPECT_EQ(sentinels.share(), 1);
  EXPECT_GT(sentinels.period(4), kPeriod) << "each goes slower by itself";
}

TEST(Sentinels, AnswersOfOthersDoNotCount) {
  World world;
  for (int i = 0; i < 9; ++i) {
    const Port port = world.sentinels.turn(0, world.now, kPeriod);
    world.sentinels.answered(0, port == 1 ? 2 : 1);
    world.now += kGrace;
  }
  EXPECT_EQ(world.sentinels.period(0), kPeriod * 8);
}

}  // namespace
}  // namespace lockstep::scan
