#include "scan/walk.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <set>

#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr TimePoint kStart{std::chrono::hours(1)};

struct Sent {
  TimePoint time;
  Probe probe;
};

/// Runs every slice of `pass` to its end, each call at the moment it is due.
std::vector<Sent> walk_on_time(const Pass& pass, const ResultTable& table, unsigned slices = 1) {
  std::vector<Sent> sent;
  for (unsigned slice = 0; slice < slices; ++slice) {
    Walk walk(pass, table, slice, slices, kStart);
    TimePoint now = kStart;
    std::array<Probe, 7> out;
    while (!walk.done()) {
      now = std::max(now, walk.due());
      for (std::size_t i = 0, count = walk.next(now, out); i < count; ++i) {
        sent.push_back({now, out[i]});
      }
    }
  }
  return sent;
}

/// The times at which each target was asked, in order.
std::map<std::uint32_t, std::vector<TimePoint>> times_by_target(const std::vector<Sent>& sent) {
  std::map<std::uint32_t, std::vector<TimePoint>> times;
  for (const Sent& one : sent) times[one.probe.target].push_back(one.time);
  for (auto& [target, list] : times) std::ranges::sort(list);
  return times;
}

Lane lane(std::vector<std::uint32_t> targets, nanoseconds period, std::size_t ports) {
  return {.targets = std::move(targets), .period = period, .ports = ports};
}

/// A pass of one to three lanes of various rates, and a table in which some probes are answered.
struct Case {
  Pass pass;
  ResultTable table;
  unsigned slices;
  std::set<std::pair<std::uint32_t, Port>> wanted;  ///< what the walk is to ask
  std::map<std::uint32_t, nanoseconds> periods;     ///< the least, by target
};

Case any_case() {
  Pass pass;
  pass.ports = test::port_range(100, static_cast<Port>(100 + *rc::gen::inRange(0, 40)));
  std::map<std::uint32_t, nanoseconds> periods;
  std::uint32_t next = 0;
  for (int lanes = *rc::gen::inRange(1, 4); lanes > 0; --lanes) {
    const auto period = nanoseconds(*rc::gen::element(0, 1, 999, 10'000, 1'000'003, 20'000'000));
    std::vector<std::uint32_t> targets;
    for (int i = *rc::gen::inRange(1, 6); i > 0; --i) {
      periods[next] = period;
      targets.push_back(next++);
    }
    const auto ports = *rc::gen::inRange<std::size_t>(1, pass.ports.size() + 1);
    Lane& added = pass.lanes.emplace_back(lane(std::move(targets), period, ports));
    added.first_port = *rc::gen::inRange<std::size_t>(0, pass.ports.size() - ports + 1);
    added.offset = period * *rc::gen::inRange(0, 4) / 4;
    if (!*rc::gen::inRange(0, 2)) continue;
    added.least_period = period / *rc::gen::inRange(1, 5);
    for (const std::uint32_t target : added.targets) periods[target] = *added.least_period;
  }
  auto table = ResultTable::create(next).value();
  std::set<std::pair<std::uint32_t, Port>> wanted;
  const auto percent_answered = *rc::gen::element(0U, 20U, 90U, 100U);
  std::mt19937 random(*rc::gen::arbitrary<unsigned>());
  for (const Lane& one : pass.lanes) {
    for (const std::uint32_t target : one.targets) {
      for (std::size_t i = 0; i < one.ports; ++i) {
        const Port port = pass.ports[one.first_port + i];
        if (random() % 100 < percent_answered) {
          table.record(target, port, Answer::closed);
        } else {
          wanted.emplace(target, port);
        }
      }
    }
  }
  const auto slices = *rc::gen::inRange(1U, 4U);
  return {std::move(pass), std::move(table), slices, std::move(wanted), std::move(periods)};
}

RC_GTEST_PROP(Walk, AsksEachUnansweredProbeExactlyOnceOverAllSlices, ()) {
  const Case one = any_case();
  std::set<std::pair<std::uint32_t, Port>> asked;
  for (const Sent& sent : walk_on_time(one.pass, one.table, one.slices)) {
    RC_ASSERT(asked.emplace(sent.probe.target, sent.probe.port).second);
  }
  RC_ASSERT(asked == one.wanted);
}

RC_GTEST_PROP(Walk, AsksNoTargetAboveItsRate, ()) {
  const Case one = any_case();
  for (const auto& [target, times] :
       times_by_target(walk_on_time(one.pass, one.table, one.slices))) {
    const nanoseconds period = one.periods.at(target);
    if (one.slices == 1) {
      for (std::size_t i = 1; i < times.size(); ++i) RC_ASSERT(times[i] - times[i - 1] >= period);
    }
    // Slices no longer take turns where others are through.
    for (std::size_t i = 12; i < times.size(); ++i) {
      RC_ASSERT(times[i] - times[i - 12] >= 10 * period);
    }
  }
}

TEST(Walk, AsksAnAddressWhatIsLeftOfItWithoutPauses) {
  // Each has another tenth unanswered: a pass over it takes a tenth of the first.
  const auto table = ResultTable::create(10).value();
  std::vector<std::uint32_t> targets(10);
  std::iota(targets.begin(), targets.end(), 0U);
  for (const std::uint32_t target : targets) {
    for (Port port = 1; port <= 1000; ++port) {
      if (port % 10 != target) table.record(target, port, Answer::closed);
    }
  }
  const Pass pass{.number = 2,
                  .ports = test::port_range(1, 1000),
                  .lanes = {lane(targets, milliseconds(20), 1000)},
                  .probes = 1000};
  const std::vector<Sent> sent = walk_on_time(pass, table);
  ASSERT_EQ(sent.size(), 1000U);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(sent[i].time, kStart + i * milliseconds(2)) << "probe " << i;
  }
}

TEST(Walk, WhoIsLeftHasTheRateOfThoseThatAreThrough) {
  // Target 0 has all its ports left, the other three have ten.
  const struct {
    const char* description;
    std::optional<nanoseconds> least;
    unsigned slices;
    nanoseconds period;  // of target 0, once it is alone
  } kRows[] = {
      {"no limit of its own", nanoseconds(0), 1, milliseconds(5)},
      {"twice its part is its limit", milliseconds(10), 1, milliseconds(10)},
      {"it has what it may", milliseconds(20), 1, milliseconds(20)},
      {"parts are not given away", {}, 1, milliseconds(20)},
      {"two slices, and a limit", milliseconds(5), 2, milliseconds(10)},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto table = ResultTable::create(4).value();
    for (std::uint32_t target = 1; target < 4; ++target) {
      for (Port port = 11; port <= 400; ++port) table.record(target, port, Answer::closed);
    }
    Pass pass{.number = 2,
              .ports = test::port_range(1, 400),
              .lanes = {lane({0, 1, 2, 3}, milliseconds(20), 400)},
              .probes = 430};
    pass.lanes[0].least_period = row.least;
    const auto times = times_by_target(walk_on_time(pass, table, row.slices)).at(0);
    ASSERT_EQ(times.size(), 400U);
    const auto took = times.back() - times[20];
    EXPECT_NEAR(static_cast<double>(took.count()), static_cast<double>((379 * row.period).count()),
                static_cast<double>((3 * row.period).count()));
  }
}

RC_GTEST_PROP(Walk, CallsItselfDueOnlyInTime, ()) {
  // Between due() and the probe nothing may be sent: a call before due() gives nothing.
  const Case one = any_case();
  Walk walk(one.pass, one.table, 0, one.slices, kStart);
  std::array<Probe, 3> out;
  while (!walk.done()) {
    RC_ASSERT(walk.next(walk.due() - nanoseconds(1), out) == 0U);
    if (!walk.done()) walk.next(walk.due(), out);
  }
}

TEST(Walk, SpacesTheProbesOfAFirstPassEvenly) {
  const auto table = ResultTable::create(4).value();
  const Pass pass{.number = 1,
                  .ports = test::port_range(1, 50),
                  .lanes = {lane({0, 1, 2, 3}, milliseconds(20), 50)},
                  .probes = 200};
  const std::vector<Sent> sent = walk_on_time(pass, table);
  ASSERT_EQ(sent.size(), 200U);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(sent[i].time, kStart + i * milliseconds(5)) << "probe " << i;
  }
}

TEST(Walk, SlicesTakeTurns) {
  const auto table = ResultTable::create(1).value();
  const Pass pass{.number = 1,
                  .ports = test::port_range(1, 30),
                  .lanes = {lane({0}, milliseconds(20), 30)},
                  .probes = 30};
  const auto times = times_by_target(walk_on_time(pass, table, 3)).at(0);
  ASSERT_EQ(times.size(), 30U);
  for (std::size_t i = 0; i < times.size(); ++i) {
    EXPECT_EQ(times[i], kStart + i * milliseconds(20)) << "probe " << i;
  }
}

TEST(Walk, PassesOverAnsweredRoundsInNoTime) {
  const auto table = ResultTable::create(2).value();
  for (Port port = 1; port < 1000; ++port) {
    table.record(0, port, Answer::closed);
    table.record(1, port, Answer::closed);
  }
  const Pass pass{.number = 2,
                  .ports = test::port_range(1, 1000),
                  .lanes = {lane({0, 1}, std::chrono::seconds(1), 1000)},
                  .probes = 2};
  const std::vector<Sent> sent = walk_on_time(pass, table);
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].time, kStart);
  EXPECT_EQ(sent[1].time, kStart + milliseconds(500));
}

TEST(Walk, DoesNotCatchUpAfterALateCall) {
  const auto table = ResultTable::create(1).value();
  const Pass pass{.number = 1,
                  .ports = test::port_range(1, 2000),
                  .lanes = {lane({0}, milliseconds(20), 2000)},
                  .probes = 2000};
  Walk walk(pass, table, 0, 1, kStart);
  std::array<Probe, 64> out;
  ASSERT_EQ(walk.next(kStart, out), 1U);
  const TimePoint late = kStart + std::chrono::seconds(10);
  EXPECT_EQ(walk.next(late, out), 1U);
  EXPECT_EQ(walk.due(), late + milliseconds(20));
}

TEST(Walk, MakesUpForALatenessOfLessThanTwoMilliseconds) {
  const auto table = ResultTable::create(1).value();
  const Pass pass{.number = 1,
                  .ports = test::port_range(1, 100),
                  .lanes = {lane({0}, milliseconds(1), 100)},
                  .probes = 100};
  Walk walk(pass, table, 0, 1, kStart);
  std::array<Probe, 64> out;
  EXPECT_EQ(walk.next(kStart + microseconds(1900), out), 2U);
  EXPECT_EQ(walk.due(), kStart + milliseconds(2));
}

TEST(Walk, SkipsWhatWasAnsweredMeanwhile) {
  const auto table = ResultTable::create(1).value();
  const Pass pass{.number = 1,
                  .ports = test::port_range(1, 3),
                  .lanes = {lane({0}, milliseconds(1), 3)},
                  .probes = 3};
  Walk walk(pass, table, 0, 1, kStart);
  std::array<Probe, 8> out;
  ASSERT_EQ(walk.next(kStart, out), 1U);
  table.record(0, 2, Answer::closed);
  ASSERT_EQ(walk.next(kStart + milliseconds(1), out), 1U);
  EXPECT_EQ(out[0].port, 3);
}

TEST(Walk, BoundsTheWorkOfOneCall) {
  // 4 million answered probes: one call may skip a part, and says that it is due at once.
  constexpr std::uint32_t kTargets = 64;
  const auto table = ResultTable::create(kTargets).value();
  std::vector<std::uint32_t> targets(kTargets);
  std::iota(targets.begin(), targets.end(), 0U);
  const Pass pass{.number = 2,
                  .ports = test::port_range(1, 65535),
                  .lanes = {lane(targets, nanoseconds(0), 65535)},
                  .probes = 1};
  for (const std::uint32_t target : targets) {
    for (std::uint32_t port = 1; port < 65535; ++port) {
      table.record(target, static_cast<Port>(port), Answer::closed);
    }
  }
  Walk walk(pass, table, 0, 1, kStart);
  std::array<Probe, 64> out;
  EXPECT_EQ(walk.next(kStart, out), 1U) << "what is left of the first address";
  EXPECT_FALSE(walk.done());
  EXPECT_LE(walk.due(), kStart);
  EXPECT_EQ(walk_on_time(pass, table).size(), kTargets);
}

TEST(Walk, WithoutALimitGoesAtAShareOfWhatItReached) {
  // 16 addresses, of which one has a lane of its own, at 100,000 a second as long as all is well.
  constexpr std::uint32_t kTargets = 16;
  constexpr milliseconds kGrace(100);
  Plan plan = test::plan_of(kTargets, test::port_range(1, 65535));
  const auto table = test::table_for(plan);
  std::vector<std::uint32_t> most(kTargets - 1);
  std::iota(most.begin(), most.end(), 1U);
  const Pass pass{.number = 1,
                  .ports = plan.ports,
                  .lanes = {lane({0}, nanoseconds(0), 65535), lane(most, nanoseconds(0), 65535)},
                  .probes = kTargets * 65535ULL};
  for (std::uint32_t i = 0; i < kTargets; ++i) table.record(i, 65535, Answer::closed);
  Sentinels sentinels(plan, table, kGrace);
  sentinels.begin_pass();
  Walk walk(pass, table, 0, 1, kStart, &sentinels);
  TimePoint now = kStart;
  std::array<Probe, 1> out;
  for (; sentinels.share() == 1; now += microseconds(10)) {
    ASSERT_LT(now, kStart + std::chrono::seconds(10)) << "nothing comes back, which is our doing";
    ASSERT_EQ(walk.next(now, out), 1U);
  }
  const double share = sentinels.share();
  ASSERT_LT(share, 0.2);
  std::map<std::uint32_t, int> asked;
  const TimePoint end = now + milliseconds(80);
  while (now < end) {
    if (walk.next(now, out) == 1) ++asked[out[0].target];
    now += microseconds(1);
  }
  const double expected = 0.08 * 100'000 * share / kTargets;
  for (std::uint32_t i = 0; i < kTargets; ++i) {
    EXPECT_NEAR(asked[i], expected, expected * 0.1 + 3) << i;
  }
}

TEST(Walk, EndsAtOnceWhereThereIsNothingToDo) {
  const auto table = ResultTable::create(1).value();
  const Pass nothing{.number = 1, .ports = {22}, .lanes = {}, .probes = 0};
  EXPECT_TRUE(Walk(nothing, table, 0, 1, kStart).done());
  const Pass one{.number = 1, .ports = {22}, .lanes = {lane({0}, nanoseconds(0), 1)}, .probes = 1};
  EXPECT_TRUE(Walk(one, table, 1, 2, kStart).done()) << "the only port is the other slice's";
}

TEST(Walk, SurvivesPeriodsThatNoClockHolds) {
  // 0.01 packets a second for 4,096 targets: a period of 4.7 days, 65,535 of which exceed 2^63 ns.
  constexpr nanoseconds kPeriod(409'600'000'000'000);
  for (const std::uint32_t count : {1U, 4096U}) {
    SCOPED_TRACE(count);
    const auto table = ResultTable::create(count).value();
    std::vector<std::uint32_t> targets(count);
    std::iota(targets.begin(), targets.end(), 0U);
    const Pass pass{.number = 1,
                    .ports = test::port_range(1, 65535),
                    .lanes = {lane(targets, kPeriod, 65535)},
                    .probes = count * 65535ULL};
    Walk walk(pass, table, 0, 1, kStart);
    TimePoint before = kStart;
    std::array<Probe, 1> out;
    for (std::uint32_t i = 0; i < 5000; ++i) {  // 64 years of one target
      ASSERT_GE(walk.due(), before) << "probe " << i;
      before = walk.due();
      ASSERT_EQ(walk.next(before, out), 1U);
    }
    // Begins with the last round, which is 840 years away.
    EXPECT_GT(Walk(pass, table, 65534, 65535, kStart).due(), kStart + std::chrono::years(70));
  }
}

RC_GTEST_PROP(StartOfRound, NeverEmptiesABucketOfTheBurstAndOneMore, ()) {
  Lane bucket;
  bucket.period = nanoseconds(*rc::gen::inRange(1, 1'000'000));
  bucket.burst = *rc::gen::inRange<std::uint64_t>(0, 20);
  bucket.burst_period = nanoseconds(*rc::gen::inRange<std::int64_t>(0, bucket.period.count() + 1));
  const auto full = static_cast<std::int64_t>(bucket.burst + 1) * bucket.period.count();
  std::int64_t tokens = full;
  nanoseconds before(0);
  for (std::uint64_t round = 0; round < 100; ++round) {
    const nanoseconds begin = start_of_round(bucket, round);
    RC_ASSERT(begin >= before + (round == 0 ? nanoseconds(0) : bucket.burst_period));
    tokens = std::min(full, tokens + (begin - before).count());
    RC_ASSERT(tokens >= bucket.period.count());
    tokens -= bucket.period.count();
    before = begin;
  }
  // And in the end it is no slower than the bucket fills.
  RC_ASSERT(before <= std::max(99 * bucket.burst_period, 99 * bucket.period));
}

}  // namespace
}  // namespace lockstep::scan
