#include "sender/order.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <limits>

#include "sender/sender.h"

namespace lockstep::sender {
namespace {

IpAddress any_address() {
  if (*rc::gen::arbitrary<bool>()) return IpAddress::v4(*rc::gen::arbitrary<std::uint32_t>());
  IpAddress::V6Bytes bytes;
  for (auto& byte : bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
  return IpAddress::v6(bytes);
}

PacketsPerSecond any_rate() {
  return *rc::gen::element(PacketsPerSecond(0.01), PacketsPerSecond(50), PacketsPerSecond(1.5e6),
                           PacketsPerSecond::unlimited());
}

template <typename Make>
auto some(int most, Make make) {
  std::vector<decltype(make())> values;
  for (int i = *rc::gen::inRange(0, most + 1); i > 0; --i) values.push_back(make());
  return values;
}

Order any_order() {
  Order order;
  order.engine = *rc::gen::element(EngineKind::packet, EngineKind::xdp);
  order.xdp_interfaces = some(3, [] { return *rc::gen::element<std::string>("", "eth0", "a\nb"); });
  order.xdp_lowest_rate = any_rate();
  order.table_offset = *rc::gen::arbitrary<std::uint64_t>();
  scan::Plan& plan = order.plan;
  plan.protocol = *rc::gen::element(Protocol::tcp, Protocol::udp);
  plan.targets = some(5, [] {
    return scan::PlanTarget{.address = any_address(),
                            .rate = any_rate(),
                            .group = *rc::gen::element(0U, 7U, scan::PlanTarget::kNoGroup),
                            .first = *rc::gen::arbitrary<std::uint32_t>(),
                            .count = *rc::gen::element(1U, scan::PlanTarget::kAllPorts)};
  });
  plan.ports = some(9, [] { return *rc::gen::arbitrary<Port>(); });
  plan.fence = scan::Fence(some(3,
                                [] {
                                  const IpAddress address = any_address();
                                  return Prefix(address, *rc::gen::inRange(0, address.bits() + 1));
                                }),
                           some(3, [] {
                             const IpAddress first = any_address();
                             return IpRange{first, first};
                           }));
  plan.rate = any_rate();
  plan.group_rates = some(3, any_rate);
  plan.tries = *rc::gen::inRange(0U, 100U);
  plan.max_tries = *rc::gen::inRange(0U, 100U);
  plan.quiet_time = std::chrono::milliseconds(*rc::gen::inRange(0, 5000));
  plan.seed = *rc::gen::arbitrary<std::uint64_t>();
  plan.key = {*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<std::uint64_t>()};
  plan.interface = *rc::gen::element<std::string>("", "eth0");
  plan.sources = some(3, any_address);
  plan.icmp_limit.reset();
  if (*rc::gen::arbitrary<bool>()) plan.icmp_limit = scan::IcmpLimit{3, 0.5};
  plan.threads = *rc::gen::arbitrary<unsigned>();
  return order;
}

RC_GTEST_PROP(Order, ComesOutAsItWentIn, ()) {
  const Order order = any_order();
  const auto bytes = write_order(order);
  RC_ASSERT(bytes.has_value());
  const auto read = read_order(*bytes);
  RC_ASSERT(read.has_value());
  RC_ASSERT(write_order(*read).value() == *bytes);
  RC_ASSERT(read->engine == order.engine);
  RC_ASSERT(read->xdp_interfaces == order.xdp_interfaces);
  RC_ASSERT(read->table_offset == order.table_offset);
  RC_ASSERT(read->plan.targets.size() == order.plan.targets.size());
  for (std::size_t i = 0; i < order.plan.targets.size(); ++i) {
    RC_ASSERT(read->plan.targets[i].address == order.plan.targets[i].address);
    RC_ASSERT(read->plan.targets[i].rate == order.plan.targets[i].rate);
    RC_ASSERT(read->plan.targets[i].group == order.plan.targets[i].group);
    RC_ASSERT(read->plan.targets[i].first == order.plan.targets[i].first);
    RC_ASSERT(read->plan.targets[i].count == order.plan.targets[i].count);
    const IpAddress& address = order.plan.targets[i].address;
    RC_ASSERT(read->plan.fence.permits(address) == order.plan.fence.permits(address));
  }
  RC_ASSERT(read->plan.ports == order.plan.ports);
  RC_ASSERT(read->plan.fence.allowed() == order.plan.fence.allowed());
  RC_ASSERT(read->plan.key.k0 == order.plan.key.k0);
  RC_ASSERT(read->plan.key.k1 == order.plan.key.k1);
  RC_ASSERT(read->plan.quiet_time == order.plan.quiet_time);
  RC_ASSERT(read->plan.sources == order.plan.sources);
  RC_ASSERT(read->plan.icmp_limit.has_value() == order.plan.icmp_limit.has_value());
}

RC_GTEST_PROP(Order, WhatIsCutOrLongerIsNone, ()) {
  auto bytes = write_order(any_order()).value();
  RC_ASSERT(!read_order(std::span(bytes).first(*rc::gen::inRange<std::size_t>(0, bytes.size()))));
  bytes.push_back(std::byte{0});
  RC_ASSERT(!read_order(bytes));
}

TEST(Order, WhatIsBeyondTheBoundsIsRefusedWhereItIsMade) {
  const struct {
    const char* description;
    std::function<void(Order&)> spoil;
  } kRows[] = {
      {"more addresses than a plan holds",
       [](Order& order) { order.plan.targets.resize(scan::kMaxTargets + 1); }},
      {"a rate of nothing", [](Order& order) { order.plan.rate = PacketsPerSecond(0); }},
      {"a rate that is no number",
       [](Order& order) {
         order.plan.group_rates = {PacketsPerSecond(std::numeric_limits<double>::quiet_NaN())};
       }},
      {"an endless wait", [](Order& order) { order.plan.quiet_time = std::chrono::hours(1); }},
      {"a negative wait",
       [](Order& order) { order.plan.quiet_time = -std::chrono::milliseconds(1); }},
      {"more tries than ever", [](Order& order) { order.plan.max_tries = 1'000'000; }},
      {"the name of no interface", [](Order& order) { order.plan.interface.assign(70'000, 'x'); }},
      {"a limit without a burst", [](Order& order) { order.plan.icmp_limit->burst = 0; }},
      {"more interfaces than there are",
       [](Order& order) { order.xdp_interfaces.resize(kMostInterfaces + 1); }},
  };
  EXPECT_TRUE(write_order({}));
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Order order;
    row.spoil(order);
    const auto bytes = write_order(order);
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().kind(), ErrorKind::invalid);
  }
}

TEST(Order, OfAFullPlanIsWithinTheBounds) {
  Order order;
  order.plan.targets.resize(scan::kMaxTargets, {.address = IpAddress::v6({})});
  for (int port = 1; port < 65536; ++port) order.plan.ports.push_back(static_cast<Port>(port));
  const std::vector<Prefix> allow(1000, Prefix(IpAddress::v6({}), 64));
  order.plan.fence = scan::Fence(allow, {});
  EXPECT_TRUE(write_order(order));
}

TEST(Outcome, ComesOutAsItWentInAndNothingElseDoes) {
  EXPECT_TRUE(read_outcome(write_outcome({})));
  for (const ErrorKind kind :
       {ErrorKind::invalid, ErrorKind::not_found, ErrorKind::denied, ErrorKind::unavailable,
        ErrorKind::corrupt, ErrorKind::unsupported}) {
    const Error reason(kind, "eth0: the link went away");
    const Result<void> failed = std::unexpected(reason);
    const auto told = read_outcome(write_outcome(failed));
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().kind(), kind);
    EXPECT_EQ(told.error().message(), "eth0: the link went away");
  }
  for (const char* const text : {"", "x", "e", "e9", "e/why", "dd", "r"}) {
    SCOPED_TRACE(text);
    const auto told = read_outcome(text);
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().kind(), ErrorKind::corrupt);
  }
  EXPECT_EQ(read_outcome("e0\x1b[2J").error().message(), "\"\\x1b[2J\"");
}

}  // namespace
}  // namespace lockstep::sender
