#include "scan/by_protocol_engine.h"

#include <gtest/gtest.h>

#include "scan/packet_engine.h"
#include "scan/test_network.h"
#include "scan/xdp_engine.h"

namespace lockstep::scan {
namespace {

/// Notes which protocols it was asked for, and sends nothing.
class NotingEngine final : public Engine {
 public:
  NotingEngine(std::string_view name, std::vector<Protocol>& asked) : name_(name), asked_(asked) {}

  std::string_view name() const override { return name_; }
  bool completes_handshakes() const override { return false; }

 private:
  Result<void> do_run(const Plan& plan, const ResultTable& /*table*/,
                      std::vector<std::uint32_t> /*targets*/) override {
    asked_.push_back(plan.protocol);
    return {};
  }

  std::string_view name_;
  std::vector<Protocol>& asked_;
};

TEST(ByProtocolEngine, EachProtocolHasItsEngine) {
  std::vector<Protocol> first;
  std::vector<Protocol> second;
  ByProtocolEngine engine(std::make_unique<NotingEngine>("first", first),
                          std::make_unique<NotingEngine>("second", second));
  EXPECT_EQ(engine.name(), "first");
  Plan plan = test::plan_of(1, {22});
  for (const Protocol protocol : {Protocol::tcp, Protocol::udp, Protocol::tcp}) {
    plan.protocol = protocol;
    const ResultTable table = test::table_for(plan);
    test::expect_done(engine.run(plan, table));
    EXPECT_EQ(engine.name(), protocol == Protocol::tcp ? "first" : "second");
  }
  EXPECT_EQ(first, (std::vector{Protocol::tcp, Protocol::tcp}));
  EXPECT_EQ(second, (std::vector{Protocol::udp}));
}

TEST(ByProtocolEngine, AsksUdpWithPacketsWhereXdpAsksTcp) {
  net::MemoryNetwork network;
  Plan plan = test::plan_of(2, {53, 111});
  plan.protocol = Protocol::udp;
  plan.threads = 1;
  for (const PlanTarget& target : plan.targets) network.add(target.address, {.udp_open = {53}});
  const ResultTable alone = test::table_for(plan);
  const auto refused = XdpEngine(network).run(plan, alone);
  ASSERT_FALSE(refused) << "xdp has no datagrams";
  EXPECT_EQ(refused.error().kind(), ErrorKind::unsupported);
  EXPECT_EQ(alone.run().probes, 0U);

  ByProtocolEngine engine(std::make_unique<XdpEngine>(network),
                          std::make_unique<PacketEngine>(network));
  const ResultTable table = test::table_for(plan);
  test::expect_done(engine.run(plan, table));
  EXPECT_EQ(engine.name(), "packet");
  for (std::size_t target = 0; target < plan.targets.size(); ++target) {
    EXPECT_EQ(test::ports_with(table, target, Answer::open), std::vector<Port>{53});
    EXPECT_EQ(test::ports_with(table, target, Answer::closed), std::vector<Port>{111});
  }
}

}  // namespace
}  // namespace lockstep::scan
