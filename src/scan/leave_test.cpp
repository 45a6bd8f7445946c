// Addresses that are to be left in the middle of a run, on a simulated network with a virtual clock
// and on loopback.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "net/io/memory.h"
#include "scan/connect_engine.h"
#include "scan/packet_engine.h"
#include "scan/test_network.h"
#include "scan/test_plan.h"
#include "scan/walk.h"

namespace lockstep::scan {
namespace {

using net::MemoryNetwork;
using std::chrono::milliseconds;
using test::expect_done;
using test::plan_of;
using test::populate;
using test::port_range;
using test::table_for;

/// A link whose `look` is called with the time before each send.
class LookedAtIo final : public net::FrameIo {
 public:
  LookedAtIo(std::unique_ptr<net::FrameIo> io, std::function<void(net::TimePoint)> look)
      : io_(std::move(io)), look_(std::move(look)) {}

  Result<std::size_t> send(std::span<const net::Bytes> frames) override {
    auto sent = io_->send(frames);
    look_(io_->now());
    return sent;
  }
  std::span<const net::Bytes> receive() override { return io_->receive(); }
  void wait_until(net::TimePoint deadline) override { io_->wait_until(deadline); }
  net::TimePoint now() const override { return io_->now(); }

 private:
  std::unique_ptr<net::FrameIo> io_;
  std::function<void(net::TimePoint)> look_;
};

class LookedAtLinks final : public net::Links {
 public:
  LookedAtLinks(net::Links& links, std::function<void(net::TimePoint)> look)
      : links_(links), look_(std::move(look)) {}

  Result<std::unique_ptr<net::RouteTable>> routes(const std::string& interface) override {
    return links_.routes(interface);
  }
  Result<net::Interface> interface(int index) override { return links_.interface(index); }
  Result<std::vector<std::unique_ptr<net::FrameIo>>> open(const net::Interface& interface,
                                                          const net::FrameFilter& filter,
                                                          std::size_t count) override {
    LOCKSTEP_TRY(auto ends, links_.open(interface, filter, count));
    for (auto& end : ends) end = std::make_unique<LookedAtIo>(std::move(end), look_);
    return ends;
  }
  Result<net::ReservedPort> reserve_port(Protocol protocol) override {
    return links_.reserve_port(protocol);
  }

 private:
  net::Links& links_;
  std::function<void(net::TimePoint)> look_;
};

TEST(Leave, NoProbeGoesToAnAddressFromThenOn) {
  const struct {
    const char* description;
    double loss;
    unsigned leave_in_pass;
    milliseconds after;
  } kRows[] = {
      {"in the first pass", 0, 1, milliseconds(2000)},
      {"in a later pass, with sentinels", 0.3, 2, milliseconds(500)},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Plan plan = plan_of(8, port_range(1, 2000));
    plan.threads = 1;  // one virtual clock
    for (PlanTarget& target : plan.targets) target.rate = PacketsPerSecond(200);
    MemoryNetwork network;
    network.record_times();
    populate(network, plan, {.loss = row.loss});
    const auto table = table_for(plan);
    constexpr std::size_t kLeft = 3;
    std::optional<net::TimePoint> pass_begun;
    std::optional<net::TimePoint> left_at;
    LookedAtLinks links(network, [&](net::TimePoint now) {
      if (table.run().pass != row.leave_in_pass || left_at) return;
      if (!pass_begun) pass_begun = now;
      if (now < *pass_begun + row.after) return;
      table.leave(kLeft);
      left_at = now;
    });
    expect_done(PacketEngine(links).run(plan, table));
    ASSERT_TRUE(left_at);
    const auto times = network.traffic(plan.targets[kLeft].address).syn_times;
    EXPECT_GT(times.size(), 50U);
    EXPECT_EQ(std::ranges::count_if(times, [&](auto time) { return time > *left_at; }), 0);
    EXPECT_LT(table.target(kLeft).answered, plan.ports.size());
    EXPECT_GT(table.target(kLeft).answered, 50U) << "what was found stays";
    for (std::size_t i = 0; i < plan.targets.size(); ++i) {
      if (i == kLeft) continue;
      EXPECT_EQ(table.target(i).asked, plan.ports.size());
    }
  }
}

TEST(Leave, WhatIsLeftFromTheStartGetsNothing) {
  for (const Protocol protocol : {Protocol::tcp, Protocol::udp}) {
    Plan plan = plan_of(4, port_range(1, 20));
    plan.protocol = protocol;
    MemoryNetwork network;
    network.record_times();
    populate(network, plan, {.limits_icmp = false});
    const auto table = table_for(plan);
    table.leave(0);
    expect_done(PacketEngine(network).run(plan, table));
    EXPECT_EQ(network.traffic(plan.targets[0].address).syn_times.size(), 0U);
    EXPECT_EQ(network.traffic(plan.targets[0].address).datagrams, 0U);
    EXPECT_EQ(table.target(0).asked, 0U);
    EXPECT_EQ(table.target(1).asked, 20U);
  }
}

TEST(Leave, ARunOfNothingElseEndsAtOnce) {
  const Plan plan = plan_of(2, port_range(1, 65535));
  MemoryNetwork network;
  populate(network, plan);
  const auto table = table_for(plan);
  LookedAtLinks links(network, [&](auto) {
    table.leave(0);
    table.leave(1);
  });
  expect_done(PacketEngine(links).run(plan, table));
  EXPECT_LT(table.run().probes, 1000U);
}

TEST(Leave, TheConnectEngineSkipsIt) {
  for (const Protocol protocol : {Protocol::tcp, Protocol::udp}) {
    Plan plan = plan_of(2, port_range(40001, 40050), "127.0.0.1");
    plan.protocol = protocol;
    plan.icmp_limit.reset();
    const auto table = table_for(plan);
    table.leave(1);
    expect_done(ConnectEngine().run(plan, table));
    EXPECT_EQ(table.target(0).asked, 50U);
    EXPECT_EQ(table.target(1).asked, 0U);
  }
}

}  // namespace
}  // namespace lockstep::scan
