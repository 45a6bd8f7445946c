// The packet engine asking by UDP, over a simulated network whose hosts limit their ICMP errors.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/io/memory.h"
#include "scan/packet_engine.h"
#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

using net::MemoryHost;
using net::MemoryNetwork;
using test::address;
using test::plan_of;
using test::port_range;
using test::ports_with;
using test::table_for;
using testing::ElementsAre;

Plan udp_plan(std::size_t count, std::vector<Port> ports, std::string_view first = "198.18.0.1") {
  Plan plan = plan_of(count, std::move(ports), first);
  plan.protocol = Protocol::udp;
  plan.quiet_time = std::chrono::seconds(1);
  plan.threads = 1;
  return plan;
}

MemoryHost udp_host() {
  MemoryHost host;
  host.udp_open = {1007, 1123};
  host.udp_silent = {1514};
  return host;
}

/// Open and closed exactly, and nothing said of the silent port.
void expect_exact(const Plan& plan, const ResultTable& table) {
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    SCOPED_TRACE(plan.targets[i].address.to_string());
    EXPECT_EQ(table.target(i).asked, plan.ports.size());
    EXPECT_THAT(ports_with(table, i, Answer::open), ElementsAre(1007, 1123));
    EXPECT_EQ(ports_with(table, i, Answer::closed).size(), plan.ports.size() - 3);
    EXPECT_EQ(table.answer(i, 1514), Answer::none);
    EXPECT_EQ(table.target(i).suppressed, 0U);
  }
}

TEST(UdpScan, IsExactAtThePaceThatHostsAllow) {
  const struct {
    const char* description;
    const char* first;
    std::vector<IpAddress> sources;
  } kRows[] = {
      {"from one address", "198.18.0.1", {}},
      {"from several", "198.18.0.1", {address("198.19.255.7"), address("198.19.255.8")}},
      {"over IPv6", "fd00::1", {}},
      {"over IPv6 from several",
       "fd00::1",
       {address("fd00::ffff:ff01"), address("fd00::ffff:ff02")}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Plan plan = udp_plan(3, port_range(1000, 1599), row.first);
    plan.sources = row.sources;
    MemoryNetwork network;
    for (const PlanTarget& target : plan.targets) network.add(target.address, udp_host());
    const auto table = table_for(plan);
    ASSERT_TRUE(PacketEngine(network).run(plan, table));
    expect_exact(plan, table);
    for (const PlanTarget& target : plan.targets) {
      EXPECT_EQ(network.traffic(target.address).suppressed, 0U);
    }
    EXPECT_EQ(table.run().stray, 0U);
  }
}

TEST(UdpScan, AsksAgainWhatALimitSuppressed) {
  // The hosts allow less than the plan believes.
  Plan plan = udp_plan(2, port_range(1000, 1599));
  plan.icmp_limit->per_second = 2;
  MemoryNetwork network;
  for (const PlanTarget& target : plan.targets) network.add(target.address, udp_host());
  const auto table = table_for(plan);
  ASSERT_TRUE(PacketEngine(network).run(plan, table));
  expect_exact(plan, table);
  EXPECT_GT(network.traffic(plan.targets[0].address).suppressed, 100U);
}

TEST(UdpScan, SaysWhatMayHaveBeenSuppressed) {
  Plan plan = udp_plan(1, port_range(1000, 1599));
  plan.icmp_limit->per_second = 1000;
  MemoryNetwork network;
  network.add(plan.targets[0].address, udp_host());
  const auto table = table_for(plan);
  ASSERT_TRUE(PacketEngine(network).run(plan, table));
  const std::size_t closed = ports_with(table, 0, Answer::closed).size();
  EXPECT_THAT(ports_with(table, 0, Answer::open), ElementsAre(1007, 1123));
  EXPECT_GT(closed, 10U);
  EXPECT_EQ(table.target(0).suppressed, plan.ports.size() - 2 - closed);
}

TEST(UdpScan, WithoutALimitIsQuick) {
  Plan plan = udp_plan(2, port_range(1000, 1599));
  plan.icmp_limit.reset();
  MemoryNetwork network;
  MemoryHost host = udp_host();
  host.limits_icmp = false;
  for (const PlanTarget& target : plan.targets) network.add(target.address, host);
  const auto table = table_for(plan);
  ASSERT_TRUE(PacketEngine(network).run(plan, table));
  expect_exact(plan, table);
}

TEST(UdpScan, IsExactInSpiteOfLoss) {
  Plan plan = udp_plan(2, port_range(1000, 1599));
  plan.max_tries = 20;
  MemoryNetwork network;
  MemoryHost host = udp_host();
  host.loss = 0.1;
  for (const PlanTarget& target : plan.targets) network.add(target.address, host);
  const auto table = table_for(plan);
  ASSERT_TRUE(PacketEngine(network).run(plan, table));
  expect_exact(plan, table);
}

TEST(UdpScan, RefusesASourceThatIsNotOurs) {
  Plan plan = udp_plan(1, {1007});
  plan.sources = {address("198.18.0.99")};
  MemoryNetwork network;
  network.add(plan.targets[0].address, udp_host());
  const auto table = table_for(plan);
  const auto done = PacketEngine(network).run(plan, table);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind(), ErrorKind::invalid);
  EXPECT_THAT(done.error().message(), testing::HasSubstr("198.18.0.99"));
  EXPECT_EQ(table.run().probes, 0U);
}

}  // namespace
}  // namespace lockstep::scan
