// How fast the packet engine asks hosts that lose, drop or limit, on a virtual clock.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "scan/packet_engine.h"
#include "scan/test_network.h"

namespace lockstep::scan {
namespace {

using net::MemoryHost;
using net::MemoryNetwork;
using test::expect_done;
using test::expect_exact;
using test::plan_of;
using test::populate;
using test::port_range;
using test::table_for;

/// How long `address` was asked, from its first SYN to its last.
std::chrono::nanoseconds span_of(const MemoryNetwork& network, const IpAddress& address) {
  const auto times = network.traffic(address).syn_times;
  return times.back() - times.front();
}

TEST(PacketEnginePace, AsksAHostNoFasterThanItAnswers) {
  Plan plan = plan_of(3, port_range(1, 8000));
  plan.threads = 1;
  for (PlanTarget& target : plan.targets) target.rate = PacketsPerSecond(2000);
  MemoryNetwork network;
  network.record_times();
  auto open = populate(network, plan);
  MemoryHost slow{.open = open[1]};
  slow.most_answers = 300;
  network.add(plan.targets[1].address, slow);
  const auto table = table_for(plan);
  expect_done(PacketEngine(network).run(plan, table));
  expect_exact(plan, table, open);
  const auto asked = network.traffic(plan.targets[1].address).syn_times.size();
  EXPECT_LT(asked, 8000U * 3 / 2) << "at 2,000 a second, six of seven would be lost";
  EXPECT_LT(span_of(network, plan.targets[1].address), std::chrono::seconds(60));
  for (const std::size_t other : {0U, 2U}) {
    EXPECT_EQ(network.traffic(plan.targets[other].address).syn_times.size(), 8000U);
    EXPECT_LT(span_of(network, plan.targets[other].address), std::chrono::milliseconds(4100));
  }
}

TEST(PacketEnginePace, AFilterIsNoReasonToAskSlower) {
  Plan plan = plan_of(2, port_range(1, 8000));
  plan.threads = 1;
  for (PlanTarget& target : plan.targets) target.rate = PacketsPerSecond(2000);
  MemoryNetwork network;
  network.record_times();
  for (const PlanTarget& target : plan.targets) {
    MemoryHost host;
    host.open.insert(22);
    host.filtered.insert_range(1000, 8000);
    network.add(target.address, host);
  }
  const auto table = table_for(plan);
  expect_done(PacketEngine(network).run(plan, table));
  for (const PlanTarget& target : plan.targets) {
    const auto seconds = std::chrono::duration<double>(span_of(network, target.address)).count();
    EXPECT_LT(seconds, (8000 + 2 * 7001) / 2000.0 * 1.05 + 1) << "sentinels and two pauses";
  }
}

TEST(PacketEnginePace, LossThatNoRateChangesDoesNotSlowItDown) {
  Plan plan = plan_of(2, port_range(1, 8000));
  plan.threads = 1;
  plan.max_tries = 20;
  for (PlanTarget& target : plan.targets) target.rate = PacketsPerSecond(2000);
  MemoryNetwork network;
  network.record_times();
  const auto open = populate(network, plan, {.loss = 0.3});
  const auto table = table_for(plan);
  expect_done(PacketEngine(network).run(plan, table));
  expect_exact(plan, table, open);
  const double needed = 8000 / (1 - 0.3) / 2000;
  for (const PlanTarget& target : plan.targets) {
    const auto seconds = std::chrono::duration<double>(span_of(network, target.address)).count();
    EXPECT_LT(seconds, needed * 2.5);
  }
}

/// What a run over 64 hosts came to, on a path that loses.
struct Outcome {
  double probes_per_port = 0;
  double seconds = 0;
  unsigned passes = 0;
};

constexpr std::size_t kHosts = 64;

/// From the first SYN to any host of the plan to the last.
double seconds_of(const MemoryNetwork& network, const Plan& plan) {
  net::TimePoint first = net::TimePoint::max();
  net::TimePoint last{};
  for (const PlanTarget& target : plan.targets) {
    const auto times = network.traffic(target.address).syn_times;
    first = std::min(first, times.front());
    last = std::max(last, times.back());
  }
  return std::chrono::duration<double>(last - first).count();
}

Outcome ask_all(MemoryNetwork& network, Port ports, const MemoryHost& host, PacketsPerSecond rate) {
  Plan plan = plan_of(kHosts, port_range(1, ports));
  plan.threads = 1;
  plan.max_tries = 40;  // so many that nothing is missed at any loss of these
  plan.rate = rate;
  network.record_times();
  const auto open = populate(network, plan, host);
  const auto table = table_for(plan);
  expect_done(PacketEngine(network).run(plan, table));
  expect_exact(plan, table, open);
  return {static_cast<double>(table.run().probes) / kHosts / ports, seconds_of(network, plan),
          table.run().pass};
}

TEST(PacketEnginePace, LossOnTheWayCostsNoMoreProbesThanItMust) {
  const struct {
    const char* description;
    double loss;
    PacketsPerSecond rate;
    double most_seconds;  // beside the quiet times of the passes
  } kRows[] = {
      // An unlimited rate is a million a second here.
      {"little", 0.02, PacketsPerSecond::unlimited(), 0.7},
      {"a tenth each way", 0.19, PacketsPerSecond::unlimited(), 1.3},
      {"a third each way", 0.51, PacketsPerSecond::unlimited(), 2.2},
      // Trials of lower rates are most of what is beyond the 5.3.
      {"a third each way, at a limit", 0.51, PacketsPerSecond(200'000), 5.3 * 2.2},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    MemoryNetwork network;
    const Outcome outcome = ask_all(network, 8192, {.loss = row.loss}, row.rate);
    EXPECT_LT(outcome.probes_per_port, 1.02 / (1 - row.loss));
    EXPECT_LT(outcome.seconds, row.most_seconds + outcome.passes * 0.15);
  }
}

TEST(PacketEnginePace, SilentHostsCostTheirOwnRetries) {
  // 2.6 seconds at the rate of all; the wait after the last probe is not in these figures.
  std::map<std::size_t, double> took;
  for (const std::size_t silent : {0U, 6U}) {
    Plan plan = plan_of(kHosts, port_range(1, 8192));
    plan.threads = 1;
    plan.rate = PacketsPerSecond(200'000);
    MemoryNetwork network;
    network.record_times();
    populate(network, plan);
    MemoryHost dead;
    dead.filtered.insert_range(1, 8192);
    for (std::size_t i = 0; i < silent; ++i) network.add(plan.targets[i].address, dead);
    const auto table = table_for(plan);
    expect_done(PacketEngine(network).run(plan, table));
    EXPECT_EQ(table.run().probes, kHosts * 8192 + 2 * 256 * silent);
    took[silent] = seconds_of(network, plan);
  }
  const double retries = 2 * 256 * 6 / 200'000.0;
  const double pause = 0.15;  // between the two
  EXPECT_LT(took[6] - took[0], retries + pause + 0.01);
}

TEST(PacketEnginePace, AFilteredHostHasTheRateThatTheOthersNoLongerNeed) {
  Plan plan = plan_of(kHosts, port_range(1, 8192));
  plan.threads = 1;
  plan.rate = PacketsPerSecond(64'000);
  MemoryNetwork network;
  network.record_times();
  populate(network, plan, {.loss = 0.01});
  MemoryHost host{.loss = 0.01};
  host.open.insert(22);
  host.filtered.insert_range(1000, 8192);
  network.add(plan.targets[5].address, host);
  const auto table = table_for(plan);
  expect_done(PacketEngine(network).run(plan, table));
  const double least = static_cast<double>(table.run().probes) / 64'000;
  EXPECT_LT(seconds_of(network, plan), least * 1.1 + table.run().pass * 0.15);
}

TEST(PacketEnginePace, LossOfOurOwnMakingBetweenUsAndAllIsFound) {
  // Each host for itself would bear the rate, and slowing one of them down helps nobody.
  const struct {
    const char* description;
    double limit;  // of all answers a second, of a million probes
    double loss;
    double most_probes;  // a port
  } kRows[] = {
      {"more than half", 400'000, 0, 1.5},
      {"more than half, and loss on the way", 400'000, 0.1, 1.5 / 0.9},
      {"nine of ten, for the time until it is found out as well", 100'000, 0, 1.7},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    MemoryNetwork network;
    network.limit_all(row.limit);
    constexpr Port kPorts = 16384;
    const Outcome outcome =
        ask_all(network, kPorts, {.loss = row.loss}, PacketsPerSecond::unlimited());
    EXPECT_LT(outcome.probes_per_port, row.most_probes);
    EXPECT_LT(outcome.seconds, 2 * kHosts * kPorts / row.limit + outcome.passes * 0.15);
  }
}

}  // namespace
}  // namespace lockstep::scan
