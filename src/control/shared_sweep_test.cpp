#include "control/shared_sweep.h"

#include <set>

#include "control/test_cluster.h"

namespace lockstep::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class SharedSweepTest : public Cluster {
 protected:
  static PortSet between(Port first, Port last) {
    PortSet set;
    set.insert_range(first, last);
    return set;
  }

  Result<std::vector<SweepReport>> try_turn(const std::vector<SweepShare>& shares) {
    const SweepSetting whole = setting();
    return sweep_shares(whole, *store_, shares, sweep_policy_, living_world());
  }

  /// In which sweeps that run are somebody's, such as our own of the other shares.
  SweepWorld living_world() {
    SweepWorld living = world();
    living.is_alive = [](const SweepInfo&) { return true; };
    return living;
  }

  std::vector<SweepReport> turn(const std::vector<SweepShare>& shares) {
    auto reports = try_turn(shares);
    EXPECT_TRUE(reports) << (reports ? "" : reports.error().message());
    auto all = reports.value_or(std::vector<SweepReport>{});
    for (const SweepReport& report : all) EXPECT_EQ(report.not_kept, "");
    return all;
  }

  const std::vector<SweepShare> kTwo = {{between(1, 100), {"node1", "node3"}},
                                        {between(101, kLastPort), {"node2", "login1"}}};
};

TEST_F(SharedSweepTest, EachNodeIsAskedItsOwnPortsAndNoOther) {
  learn_all();
  int collections = 0;
  before_collect_ = [&](int) { ++collections; };
  const auto reports = turn(kTwo);
  ASSERT_THAT(reports, SizeIs(2));
  EXPECT_EQ(collections, 1) << "on the wire it is one";
  EXPECT_EQ(reports[0].record.summary.probes_sent + reports[1].record.summary.probes_sent, 400U);
  EXPECT_THAT(told(reports[0]), IsEmpty()) << "111 was not asked of node1, so it is not missing";
  EXPECT_THAT(told(reports[1]), IsEmpty());
  EXPECT_EQ(reports[0].proven, 2U);
  EXPECT_EQ(reports[1].proven, 2U);
}

TEST_F(SharedSweepTest, WhatIsKeptReachesAsFarAsTheNodesOwnPorts) {
  learn_all();
  hosts_["node1"].open = ports({22, 50, 111, 150});
  hosts_["node2"].open = ports({22, 50, 111, 150});
  sweep_all();
  EXPECT_THAT(alerts(), ElementsAre("A-1 open unexpected-port 50 node[1-2]",
                                    "A-2 open unexpected-port 150 node[1-2]"));
  hosts_["node1"].open = hosts_["node2"].open = ports({22, 111});
  wait(std::chrono::hours(1));
  turn(kTwo);
  // Each has been proven closed where it was asked, and there alone.
  std::set<std::string> open;
  const auto facts = store_->port_states().value();
  for (const PortFact& fact : facts) {
    if (fact.seen.node == "node1" || fact.seen.node == "node2") {
      open.insert(fmt::format("{} {}", fact.seen.node, fact.seen.port));
    }
  }
  EXPECT_THAT(
      open, ElementsAre("node1 111", "node1 150", "node1 22", "node2 111", "node2 22", "node2 50"));
  std::map<AlertStatus, std::set<std::string>> by_status;
  const auto book = store_->alerts().value();
  for (const AlertRecord& alert : book) {
    by_status[alert.status].insert(
        fmt::format("{} {}", alert.node, alert.subject.port.value_or(0)));
  }
  EXPECT_THAT(by_status[AlertStatus::resolved], ElementsAre("node1 50", "node2 150"));
  EXPECT_THAT(by_status[AlertStatus::open], ElementsAre("node1 150", "node2 50"));
}

TEST_F(SharedSweepTest, WhatLooksWrongInSeveralIsWaitedForTogether) {
  learn_all();
  hosts_["node1"].open = ports({22, 50, 111});
  hosts_["node2"].open = ports({22, 111, 150});
  const auto reports = turn(kTwo);
  ASSERT_THAT(reports, SizeIs(2));
  EXPECT_THAT(told(reports[0]), ElementsAre("high unexpected-port compute 50/tcp open node1"));
  EXPECT_THAT(told(reports[1]), ElementsAre("high unexpected-port compute 150/tcp open node2"));
  EXPECT_EQ(reports[0].reasked, 2U);
  EXPECT_EQ(reports[1].reasked, 2U);
  EXPECT_EQ(waits_, 1);
}

TEST_F(SharedSweepTest, ANodeThatIsAskedElsewhereKeepsAllFromBeginning) {
  learn_all();
  const auto other = store_->begin_sweep(
      {.started = now_, .nodes = {"node2"}, .ports = ports_, .owner = "other", .host = "mon2"},
      [](const SweepInfo&) { return true; });
  ASSERT_TRUE(other);
  int collections = 0;
  before_collect_ = [&](int) { ++collections; };
  const SweepSetting whole = setting();
  const auto reports = sweep_shares(whole, *store_, kTwo, sweep_policy_, living_world());
  ASSERT_FALSE(reports);
  EXPECT_EQ(reports.error().kind(), ErrorKind::unavailable);
  EXPECT_EQ(collections, 0);
  const auto sweeps = store_->sweeps(9).value();
  for (const SweepInfo& sweep : sweeps) {
    EXPECT_EQ(sweep.state == SweepState::running, sweep.id == *other) << sweep.id;
  }
}

TEST_F(SharedSweepTest, WithoutAnyProfileNothingIsAsked) {
  const auto reports = try_turn(kTwo);
  ASSERT_FALSE(reports);
  EXPECT_EQ(reports.error().kind(), ErrorKind::invalid);
  EXPECT_THAT(reports.error().message(), HasSubstr("profile"));
}

}  // namespace
}  // namespace lockstep::control
