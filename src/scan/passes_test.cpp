#include "scan/passes.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>
#include <set>

#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

using test::plan_of;
using test::port_range;
using test::table_for;

constexpr std::chrono::nanoseconds kTook = std::chrono::seconds(1);

/// What a probe of a pass brings; Answer::none where it or its answer is lost, or filtered.
using Network = std::function<Answer(const Probe&, unsigned pass)>;

/// Runs all passes as an engine does, without time; the number of probes of each.
class Rehearsal {
 public:
  Rehearsal(const Plan& plan, const ResultTable& table, std::vector<std::uint32_t> targets)
      : table_(table), passes_(plan, table, std::move(targets)) {}

  std::vector<std::size_t> over(const Network& network) {
    std::vector<std::size_t> sent;
    while (auto pass = passes_.next(kTook)) {
      sent.push_back(ask(*pass, network));
      EXPECT_LE(sent.back(), pass->probes);
      EXPECT_EQ(table_.run().pass, sent.size());
      EXPECT_EQ(table_.run().planned, pass->probes);
    }
    return sent;
  }

 private:
  std::size_t ask(const Pass& pass, const Network& network) {
    std::size_t sent = 0;
    for (const Lane& lane : pass.lanes) {
      for (std::size_t i = 0; i < lane.ports; ++i) {
        for (const std::uint32_t target : lane.targets) {
          const Port port = pass.ports[lane.first_port + i];
          if (table_.answer(target, port) != Answer::none) continue;
          ++sent;
          const Answer answer = network({target, port}, pass.number);
          if (answer != Answer::none) table_.record(target, port, answer);
        }
      }
    }
    return sent;
  }

  const ResultTable& table_;
  Passes passes_;
};

std::vector<std::uint32_t> targets_of(const Plan& plan) {
  std::vector<std::uint32_t> targets(plan.targets.size());
  std::iota(targets.begin(), targets.end(), 0U);
  return targets;
}

/// The probes of each pass over the whole plan.
std::vector<std::size_t> run(const Plan& plan, const ResultTable& table, const Network& network) {
  return Rehearsal(plan, table, targets_of(plan)).over(network);
}

TEST(Passes, OneIsEnoughWhereAllAnswer) {
  const Plan plan = plan_of(3, port_range(1, 1000));
  const auto table = table_for(plan);
  EXPECT_EQ(run(plan, table, [](const Probe&, unsigned) { return Answer::closed; }),
            (std::vector<std::size_t>{3000}));
  EXPECT_EQ(table.target(2).passes, 1U);
  EXPECT_EQ(table.target(2).status, TargetStatus::asked);
}

TEST(Passes, NothingToDoIsNoPass) {
  const Plan plan = plan_of(2, {22});
  const auto table = table_for(plan);
  EXPECT_TRUE(Rehearsal(plan, table, {})
                  .over([](const Probe&, unsigned) { return Answer::closed; })
                  .empty());
  EXPECT_EQ(table.target(0).status, TargetStatus::waiting);
}

TEST(Passes, AskOnlyTheTargetsGiven) {
  const Plan plan = plan_of(3, {22, 23});
  const auto table = table_for(plan);
  EXPECT_EQ(Rehearsal(plan, table, {1}).over([](const Probe& probe, unsigned) {
    EXPECT_EQ(probe.target, 1U);
    return Answer::open;
  }),
            (std::vector<std::size_t>{2}));
  EXPECT_EQ(table.target(0).status, TargetStatus::waiting);
}

TEST(Passes, AFilterOnAnAddressThatAnswersIsAskedAsOftenAsThePlanSays) {
  for (const unsigned tries : {1U, 2U, 3U, 5U}) {
    SCOPED_TRACE(tries);
    Plan plan = plan_of(1, port_range(1, 1000));
    plan.tries = tries;
    const auto table = table_for(plan);
    std::vector<std::size_t> expected(tries, 100);
    expected[0] = 1000;
    EXPECT_EQ(run(plan, table,
                  [](const Probe& probe, unsigned) {
                    return probe.port <= 100 ? Answer::none : Answer::closed;
                  }),
              expected);
    EXPECT_EQ(table.target(0).passes, tries);
    EXPECT_EQ(table.target(0).answered, 900U);
  }
}

TEST(Passes, ADeadAddressCostsASample) {
  const Plan plan = plan_of(2, port_range(1, 65535));
  const auto table = table_for(plan);
  EXPECT_EQ(run(plan, table,
                [](const Probe& probe, unsigned) {
                  return probe.target == 0 ? Answer::closed : Answer::none;
                }),
            (std::vector<std::size_t>{65535 * 2, 256, 256}));
}

TEST(Passes, AnAddressThatWakesUpIsAskedInFull) {
  const Plan plan = plan_of(1, port_range(1, 2000));
  const auto table = table_for(plan);
  EXPECT_EQ(
      run(plan, table,
          [](const Probe&, unsigned pass) { return pass >= 3 ? Answer::closed : Answer::none; }),
      (std::vector<std::size_t>{2000, 256, 256, 2000 - 256}));
  EXPECT_EQ(table.target(0).answered, 2000U);
}

TEST(Passes, AnswersBeyondTheTriesEarnMore) {
  Plan plan = plan_of(1, port_range(1, 100));
  plan.tries = 3;
  plan.max_tries = 10;
  const auto table = table_for(plan);
  // Port n answers to the n-th pass, all others never: each of the ten passes brings one.
  const auto sent = run(plan, table, [](const Probe& probe, unsigned pass) {
    return probe.port == pass ? Answer::closed : Answer::none;
  });
  EXPECT_EQ(sent.size(), 10U);
  EXPECT_EQ(table.target(0).answered, 10U);
}

TEST(Passes, NeverExceedTheMostTries) {
  Plan plan = plan_of(1, {1, 2, 3});
  plan.tries = 7;
  plan.max_tries = 4;
  const auto table = table_for(plan);
  EXPECT_EQ(run(plan, table, [](const Probe&, unsigned) { return Answer::none; }).size(), 4U);
}

/// Loses `percent` of the answers of `inner`.
Network lossy(unsigned percent, unsigned seed, Network inner) {
  return [=, random = std::mt19937(seed)](const Probe& probe, unsigned pass) mutable {
    return random() % 100 < percent ? Answer::none : inner(probe, pass);
  };
}

TEST(Passes, FindEverythingInSpiteOfLoss) {
  for (const unsigned percent : {1U, 5U, 10U, 20U, 30U}) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
      SCOPED_TRACE(testing::Message() << percent << " %, seed " << seed);
      Plan plan = plan_of(2, port_range(1, 2000));
      plan.max_tries = 20;
      const auto table = table_for(plan);
      run(plan, table, lossy(percent, seed, [](const Probe&, unsigned) { return Answer::closed; }));
      EXPECT_EQ(table.target(0).answered, 2000U);
      EXPECT_EQ(table.target(1).answered, 2000U);
    }
  }
}

TEST(Passes, TellLossFromAFilter) {
  // A tenth is lost and a tenth is filtered: the filtered ports are asked until loss is out of the
  // question for them, and then no more.
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Plan plan = plan_of(1, port_range(1, 1000));
    plan.max_tries = 20;
    const auto table = table_for(plan);
    const auto sent = run(plan, table, lossy(10, seed, [](const Probe& probe, unsigned) {
                            return probe.port <= 100 ? Answer::none : Answer::closed;
                          }));
    EXPECT_EQ(table.target(0).answered, 900U);
    EXPECT_GE(sent.size(), 5U);
    EXPECT_LE(sent.size(), 9U);
  }
}

TEST(Passes, ARejectionIsNoSignOfLoss) {
  // Hosts limit their ICMP errors to one a second: what stays silent is not lost.
  const Plan plan = plan_of(1, port_range(1, 1000));
  const auto table = table_for(plan);
  EXPECT_EQ(run(plan, table,
                [last = 0U](const Probe&, unsigned pass) mutable {
                  return std::exchange(last, pass) == pass ? Answer::none : Answer::unreachable;
                }),
            (std::vector<std::size_t>{1000, 999, 998}));
}

TEST(Passes, OrderFollowsTheSeedAndThePass) {
  const auto order = [](std::uint64_t seed, unsigned passes) {
    Plan plan = plan_of(20, port_range(1, 100));
    plan.seed = seed;
    const auto table = table_for(plan);
    Passes made(plan, table, targets_of(plan));
    std::optional<Pass> pass;
    for (unsigned i = 0; i < passes; ++i) pass = made.next(kTook);
    return std::pair(pass->ports, pass->lanes.at(0).targets);
  };
  EXPECT_EQ(order(1, 1), order(1, 1));
  EXPECT_NE(order(1, 1).first, order(2, 1).first);
  EXPECT_NE(order(1, 1).second, order(2, 1).second);
  EXPECT_NE(order(1, 1).first, order(1, 2).first);
  EXPECT_TRUE(std::ranges::is_permutation(order(1, 1).first, port_range(1, 100)));
}

TEST(Passes, GiveEachRateItsLane) {
  Plan plan = plan_of(3, {22, 23});
  plan.targets[1].rate = PacketsPerSecond(50);
  plan.targets[2].rate = PacketsPerSecond(3);
  const auto table = table_for(plan);
  const auto pass = Passes(plan, table, targets_of(plan)).next(kTook);
  std::multiset<std::int64_t> periods;
  for (const Lane& lane : pass->lanes) periods.insert(lane.period.count());
  EXPECT_EQ(periods, (std::multiset<std::int64_t>{0, 20'000'000, 333'333'334}))
      << "a period is rounded up, so that no rate is exceeded";
}

TEST(Passes, LaterPassesShareARateWithinWhatNodesAndGroupsMayHave) {
  Plan plan = plan_of(6, port_range(1, 100));
  plan.rate = PacketsPerSecond(60);
  plan.group_rates = {PacketsPerSecond(40), PacketsPerSecond::unlimited()};
  plan.targets[0].rate = PacketsPerSecond(50);
  for (const std::size_t target : {1U, 2U}) plan.targets[target].group = 0;
  plan.targets[3].group = 1;
  const auto table = table_for(plan);
  Passes passes(plan, table, targets_of(plan));
  auto pass = passes.next(kTook);
  ASSERT_EQ(pass->lanes.size(), 1U);
  EXPECT_FALSE(pass->lanes[0].least_period) << "all are through at one time";
  for (std::uint32_t target = 0; target < 6; ++target) table.record(target, 1, Answer::closed);
  pass = passes.next(kTook);
  std::map<std::set<std::uint32_t>, std::int64_t> least;
  for (const Lane& lane : pass->lanes) {
    least[{lane.targets.begin(), lane.targets.end()}] = lane.least_period.value().count();
  }
  EXPECT_EQ(least, (std::map<std::set<std::uint32_t>, std::int64_t>{{{0, 3, 4, 5}, 20'000'000},
                                                                    {{1, 2}, 0}}))
      << "those of a capped group share among themselves";
}

TEST(Passes, ASilentAddressIsAskedAgainWhatWasAskedFirst) {
  const Plan plan = plan_of(2, port_range(1, 2000));
  const auto table = table_for(plan);
  Passes passes(plan, table, targets_of(plan));
  const auto first = passes.next(kTook);
  for (const Port port : plan.ports) table.record(0, port, Answer::closed);
  EXPECT_FALSE(passes.settled(plan.quiet_time)) << "some of it may be too new";
  EXPECT_TRUE(passes.settled(2 * plan.quiet_time));
  const auto second = passes.next(kTook);
  EXPECT_FALSE(passes.settled(2 * plan.quiet_time)) << "the third asks again what this one asks";
  ASSERT_EQ(second->lanes.size(), 1U);
  EXPECT_EQ(std::set<Port>(second->ports.begin(), second->ports.begin() + 256),
            std::set<Port>(first->ports.begin(), first->ports.begin() + 256));
}

TEST(Passes, WaitForWhatMayStillCome) {
  const struct {
    const char* description;
    Protocol protocol;
    unsigned tries;
    Port ports;
    bool answers;  // once, and not again
    bool settled;
  } kRows[] = {
      {"a silent one is asked again", Protocol::tcp, 3, 1000, false, true},
      {"one that answers has lost something", Protocol::tcp, 3, 1000, true, false},
      {"nothing comes after this pass", Protocol::tcp, 1, 1000, false, false},
      {"too few ports for an early half", Protocol::tcp, 3, 500, false, false},
      {"datagrams are answered late", Protocol::udp, 3, 1000, false, false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Plan plan = plan_of(1, port_range(1, row.ports));
    plan.protocol = row.protocol;
    plan.tries = row.tries;
    const auto table = table_for(plan);
    Passes passes(plan, table, targets_of(plan));
    passes.next(kTook);
    if (row.answers) table.record(0, 1, Answer::closed);
    EXPECT_EQ(passes.settled(kTook), row.settled);
  }
}

TEST(Passes, AskEachTargetItsShareAlone) {
  Plan plan = plan_of(4, port_range(1, 100));
  plan.targets[0].count = 40;
  plan.targets[1].first = 40;
  plan.targets[1].count = 60;
  plan.targets[2].count = 40;
  const auto table = table_for(plan);
  std::map<std::uint32_t, std::set<Port>> asked;
  const auto sent = run(plan, table, [&](const Probe& probe, unsigned) {
    asked[probe.target].insert(probe.port);
    // One port of each stays silent.
    return probe.port % 50 == 7 ? Answer::none : Answer::closed;
  });
  // Those of 40 ports have one that is silent, those of 60 have another, and the last has both.
  EXPECT_EQ(sent, (std::vector<std::size_t>{240, 5, 5}));
  for (std::uint32_t target = 0; target < 4; ++target) {
    const auto share = plan.ports_of(target);
    EXPECT_EQ(asked[target], std::set<Port>(share.begin(), share.end())) << target;
  }
}

TEST(Passes, LanesOfSharesDoNotSendAtOneMoment) {
  Plan plan = plan_of(10, port_range(1, 100));
  for (std::uint32_t i = 0; i < 10; ++i) {
    plan.targets[i].first = i * 10;
    plan.targets[i].count = 10;
    plan.targets[i].rate = PacketsPerSecond(10);
  }
  const auto table = table_for(plan);
  const auto pass = Passes(plan, table, targets_of(plan)).next(kTook);
  ASSERT_TRUE(pass);
  std::set<std::chrono::nanoseconds> offsets;
  for (const Lane& lane : pass->lanes) offsets.insert(lane.offset);
  EXPECT_EQ(offsets.size(), 10U);
  EXPECT_EQ(*offsets.rbegin(), std::chrono::milliseconds(90));
}

TEST(Passes, SlowDownWhereAFastPassLost) {
  const Plan plan = plan_of(1, port_range(1, 10000));
  const auto table = table_for(plan);
  Passes passes(plan, table, targets_of(plan));
  const auto answer = [&](Port first, Port last) {
    for (const Port port : port_range(first, last)) table.record(0, port, Answer::closed);
  };
  auto pass = passes.next(kTook);
  EXPECT_EQ(pass->lanes.at(0).period.count(), 0) << "unlimited";
  answer(1, 5000);
  pass = passes.next(kTook);
  EXPECT_EQ(pass->lanes.at(0).period.count(), 0) << "the silence of one pass may be a filter";
  answer(5001, 7500);
  pass = passes.next(kTook);
  EXPECT_EQ(pass->lanes.at(0).period.count(), 400'000) << "half of the 5,000 that one second saw";
}

TEST(Passes, AFilterAndOneLateAnswerSlowNothingDown) {
  const Plan plan = plan_of(1, port_range(1, 10000));
  const auto table = table_for(plan);
  Passes passes(plan, table, targets_of(plan));
  passes.next(kTook);
  for (const Port port : port_range(1, 5000)) table.record(0, port, Answer::closed);
  passes.next(kTook);
  table.record(0, 5001, Answer::closed);
  const auto pass = passes.next(kTook);
  EXPECT_EQ(pass->lanes.at(0).period.count(), 0);
}

}  // namespace
}  // namespace lockstep::scan
