// Plans whose targets are asked different ports.

#include <gtest/gtest.h>

#include "net/io/memory.h"
#include "scan/packet_engine.h"
#include "scan/test_network.h"
#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

using net::MemoryNetwork;
using test::expect_done;
using test::plan_of;
using test::populate;
using test::port_range;
using test::ports_with;
using test::table_for;

TEST(PacketEngine, AsksEachTargetItsShareAlone) {
  for (const unsigned threads : {1U, 3U}) {
    SCOPED_TRACE(threads);
    Plan plan = plan_of(12, port_range(1, 1200));
    plan.threads = threads;
    plan.rate = PacketsPerSecond(50'000);
    for (std::uint32_t i = 0; i < 11; ++i) {  // the last is asked all
      plan.targets[i].first = i * 100;
      plan.targets[i].count = 50 + i * 10;
    }
    MemoryNetwork network;
    const auto open = populate(network, plan);
    const auto table = table_for(plan);
    expect_done(PacketEngine(network).run(plan, table));
    std::size_t probes = 0;
    for (std::uint32_t i = 0; i < 12; ++i) {
      SCOPED_TRACE(i);
      const auto share = plan.ports_of(i);
      PortSet asked;
      for (const Port port : share) asked.insert(port);
      PortSet found;
      for (const Port port : ports_with(table, i, Answer::open)) found.insert(port);
      EXPECT_EQ(found, open[i] & asked);
      EXPECT_EQ(table.target(i).asked, share.size());
      EXPECT_EQ(table.target(i).answered, share.size());
      probes += share.size();
    }
    EXPECT_EQ(table.run().probes, probes);
  }
}

/// Lanes of one address each, all of the same rate: together they keep it too.
TEST(PacketEngine, KeepsTheTotalRateWithShares) {
  Plan plan = plan_of(20, port_range(1, 200));
  plan.rate = PacketsPerSecond(1000);
  for (std::uint32_t i = 0; i < 20; ++i) {
    plan.targets[i].first = i * 10;
    plan.targets[i].count = 10;
  }
  MemoryNetwork network;
  network.record_times();
  populate(network, plan);
  const auto table = table_for(plan);
  expect_done(PacketEngine(network).run(plan, table));
  std::vector<net::TimePoint> times;
  for (const PlanTarget& target : plan.targets) {
    const auto traffic = network.traffic(target.address);
    times.insert(times.end(), traffic.syn_times.begin(), traffic.syn_times.end());
  }
  ASSERT_EQ(times.size(), 200U);
  std::ranges::sort(times);
  for (std::size_t i = 20; i < times.size(); ++i) {
    EXPECT_GE(times[i] - times[i - 20], std::chrono::milliseconds(15)) << "20 at 1,000 a second";
  }
}

}  // namespace
}  // namespace lockstep::scan
