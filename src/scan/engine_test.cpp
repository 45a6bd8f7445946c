#include "scan/engine.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "net/io/memory.h"
#include "scan/packet_engine.h"
#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

using test::address;
using test::plan_of;
using test::table_for;

TEST(Fence, PermitsWhatIsAllowedAndNotExcluded) {
  const Fence fence({Prefix::parse("198.18.0.0/24").value(), Prefix::parse("::/0").value()},
                    {IpRange::parse("198.18.0.5-9").value(), IpRange::parse("fd00::/64").value()});
  IpAddress::V6Bytes mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 18, 0, 7};
  const struct {
    const char* description;
    IpAddress address;
    bool permitted;
  } kRows[] = {
      {"the first of a prefix", address("198.18.0.0"), true},
      {"the last of a prefix", address("198.18.0.255"), true},
      {"right before a prefix", address("198.17.255.255"), false},
      {"right after a prefix", address("198.18.1.0"), false},
      {"right before an exclusion", address("198.18.0.4"), true},
      {"the first excluded", address("198.18.0.5"), false},
      {"the last excluded", address("198.18.0.9"), false},
      {"right after an exclusion", address("198.18.0.10"), true},
      {"IPv6", address("fd01::1"), true},
      {"IPv6, excluded", address("fd00::1"), false},
      {"an excluded IPv4 address as IPv6", IpAddress::v6(mapped), false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(fence.permits(row.address), row.permitted);
  }
}

TEST(Engine, RefusesAPlanThatItCannotKeep) {
  const struct {
    const char* description;
    std::function<void(Plan&)> spoil;
  } kRows[] = {
      {"no ports", [](Plan& plan) { plan.ports.clear(); }},
      {"port 0", [](Plan& plan) { plan.ports.push_back(0); }},
      {"a port twice", [](Plan& plan) { plan.ports.push_back(22); }},
      {"an address twice", [](Plan& plan) { plan.targets[0] = plan.targets[1]; }},
      {"more addresses than the table",
       [](Plan& plan) { plan.targets.push_back({.address = address("198.18.9.9")}); }},
      {"a group that is not there", [](Plan& plan) { plan.targets[0].group = 0; }},
      {"a share of no port", [](Plan& plan) { plan.targets[0].count = 0; }},
      {"a share beyond the ports",
       [](Plan& plan) { plan.targets[1].first = plan.targets[1].count = 2; }},
      {"a share that begins where no number does",
       [](Plan& plan) { plan.targets[1].first = plan.targets[1].count = 0xfffffffe; }},
      {"no tries", [](Plan& plan) { plan.tries = 0; }},
      {"a rate of nothing", [](Plan& plan) { plan.rate = PacketsPerSecond(0); }},
      {"a negative rate", [](Plan& plan) { plan.targets[1].rate = PacketsPerSecond(-1); }},
      {"a rate that is no number",
       [](Plan& plan) { plan.group_rates.emplace_back(std::numeric_limits<double>::quiet_NaN()); }},
      {"a rate too low to end", [](Plan& plan) { plan.rate = PacketsPerSecond(1e-6); }},
      {"an army of threads", [](Plan& plan) { plan.threads = 100'000; }},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Plan plan = plan_of(2, {22, 23});
    const auto table = table_for(plan);
    net::MemoryNetwork network;
    row.spoil(plan);
    const auto done = PacketEngine(network).run(plan, table);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::invalid);
    EXPECT_EQ(table.run().probes, 0U);
  }
}

TEST(SenderThreads, FollowTheRate) {
  Plan plan;
  EXPECT_EQ(sender_threads(plan, 0), 1U);
  EXPECT_EQ(sender_threads(plan, 100'000), 1U);
  EXPECT_GE(sender_threads(plan, std::numeric_limits<double>::infinity()), 1U);
  plan.threads = 7;
  EXPECT_EQ(sender_threads(plan, 1), 7U);
}

}  // namespace
}  // namespace lockstep::scan
