// How fast the packet engine asks hosts that lose, drop or limit, on a virtual clock.

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace lockstep::scan
