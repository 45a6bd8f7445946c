#include "control/node_page.h"

#include "control/test_cluster.h"

namespace lockstep::control {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

std::string_view name_of(Standing standing) {
  constexpr std::string_view kNames[] = {"in-step",     "unexpected", "missing",
                                         "conditional", "not-judged", "not-known"};
  return kNames[static_cast<std::size_t>(standing)];
}

class Pages : public Cluster {
 protected:
  NodePage page(const std::string& node) {
    auto page = describe_node(*store_, inventory_, inventory_.nodes.at(node), now_);
    EXPECT_TRUE(page) << (page ? "" : page.error().message());
    return page.value_or(NodePage{});
  }

  /// "22 open in-step 3/3", a line each: the clones that show it open, of those examined.
  static Lines told(const NodePage& page) {
    Lines lines;
    for (const PagePort& port : page.ports) {
      lines.push_back(fmt::format("{} {} {} {}/{}", port.port,
                                  port.seen ? to_string(*port.seen) : "-", name_of(port.standing),
                                  port.clones_open, port.clones));
    }
    return lines;
  }
};

TEST_F(Pages, OfANodeNeverSeenSayThatNothingIsKnown) {
  EXPECT_THAT(told(page("node3")), IsEmpty());
  EXPECT_THAT(page("node3").looks, IsEmpty());
  ASSERT_EQ(page("node3").profiles.size(), 1U);
  EXPECT_FALSE(page("node3").profiles[0].exists);
  learn_all();
  EXPECT_THAT(told(page("node3")), ElementsAre("22 - not-known 0/0", "111 - not-known 0/0"));
}

TEST_F(Pages, ShowWhatIsExpectedBesideWhatIsSeen) {
  learn_all();
  const WallTime approved = now_;
  wait(1h);
  sweep_all();
  const WallTime closed = now_;
  wait(1h);
  hosts_["node3"].open = ports({22, 150});
  hosts_["node4"].open.insert(150);
  sweep_all();
  const WallTime seen = now_;
  wait(1h);
  const NodePage result = page("node3");
  EXPECT_THAT(told(result),
              ElementsAre("22 open in-step 3/3", "111 - missing 3/3", "150 open unexpected 1/3"));
  EXPECT_EQ(result.ports[0].since, closed);
  EXPECT_EQ(result.ports[2].since, seen);
  EXPECT_EQ(result.ports[2].last_closed, closed);
  EXPECT_FALSE(result.ports[0].last_closed);
  ASSERT_EQ(result.looks.size(), 1U);
  EXPECT_TRUE(result.looks[0].proven());
  EXPECT_THAT(result.asked, ElementsAre(fmt::format("1-{}", kLastPort)));
  ASSERT_EQ(result.profiles.size(), 1U);
  EXPECT_EQ(result.profiles[0].host_type, "compute");
  ASSERT_TRUE(result.profiles[0].approval);
  EXPECT_EQ(result.profiles[0].approval->at, approved);
  EXPECT_EQ(result.profiles[0].approval->by, "kim");
  EXPECT_FALSE(result.profiles[0].unapproved);
  ASSERT_EQ(result.alerts.size(), 1U) << "a missing port is pending at first";
  EXPECT_EQ(result.alerts[0].first.subject.port, Port{150});
  EXPECT_THAT(result.alerts[0].nodes, ElementsAre("node3"));
}

TEST_F(Pages, OfASilentNodeTakeNothingForMissing) {
  learn_all();
  sweep_all();
  wait(1h);
  hosts_["node3"].has_neighbour_reply = false;
  sweep_all();
  const NodePage result = page("node3");
  EXPECT_THAT(told(result), ElementsAre("22 open in-step 3/3", "111 open in-step 3/3"))
      << "as last seen; the look says that it is not proven";
  ASSERT_EQ(result.looks.size(), 1U);
  EXPECT_FALSE(result.looks[0].proven());
  EXPECT_THAT(told(page("node2")), ElementsAre("22 open in-step 2/2", "111 open in-step 2/2"))
      << "a clone that is not examined does not count";
}

TEST_F(Pages, CountFilteredPortsThatNobodyExpects) {
  learn_all();
  hosts_["node3"].open = ports({22});
  hosts_["node3"].filtered = ports({60, 61, 62, 63, 111});
  sweep_all();
  const NodePage result = page("node3");
  EXPECT_THAT(told(result), ElementsAre("22 open in-step 3/3", "111 filtered missing 3/3"));
  ASSERT_EQ(result.filtered.size(), 1U);
  EXPECT_EQ(result.filtered[0].ports.to_string(), "60-63");
}

TEST_F(Pages, DoNotJudgeWithoutAProfileOrByAConditionNotKnown) {
  learn_all();
  hosts_["node3"].open.insert(150);
  inventory_.nodes["node3"].classes.insert("gpu");
  inventory_.classes["gpu"] = {"gpu", std::nullopt};
  sweep_all();
  EXPECT_THAT(told(page("node3")), ElementsAre("22 open in-step 0/0", "111 open in-step 0/0",
                                               "150 open not-judged 0/0"));
}

TEST_F(Pages, ShowWhatPluginsReportApartFromWhatWeSee) {
  learn_all();
  sweep_all();
  const WallTime swept = now_;
  wait(1h);
  const IpAddress address = inventory_.nodes.at("node3").addresses[0].address;
  std::vector<ReportedPort> reported;
  for (const Port port : {Port{22}, Port{4444}, Port{8888}}) {
    reported.push_back(
        {"node3", "listeners", kDefaultNetwork, address, Protocol::tcp, port, swept});
  }
  const std::vector<ReportedLook> looks = {
      {"node3", "listeners", kDefaultNetwork, address, "1-65535", "", now_}};
  const std::vector<JobListener> tied = {
      {"node3", network_by(kDefaultNetwork, "listeners"), Protocol::tcp, 8888, {"7 kim"}, now_}};
  ASSERT_TRUE(store_->save_values(
      {.instance = "listeners",
       .nodes = {},
       .now = now_,
       .looks = looks,
       .ports = reported,
       .tied = tied},
      [](const auto&, const auto&) -> Result<AlertChanges> { return AlertChanges{}; }));
  const NodePage result = page("node3");
  EXPECT_THAT(told(result), ElementsAre("22 open in-step 3/3", "111 open in-step 3/3"));
  ASSERT_EQ(result.reported.size(), 3U);
  EXPECT_EQ(result.reported[0].standing, Standing::in_step);
  EXPECT_TRUE(result.reported[0].expected);
  EXPECT_EQ(result.reported[0].port.since, swept);
  EXPECT_EQ(result.reported[0].looked, now_);
  EXPECT_EQ(result.reported[1].standing, Standing::unexpected);
  EXPECT_EQ(result.reported[2].standing, Standing::of_job);
  EXPECT_EQ(result.reported[2].jobs, "job 7 kim");
  EXPECT_EQ(result.reported_looks, looks);
  EXPECT_THAT(page("node2").reported, IsEmpty());
}

}  // namespace
}  // namespace lockstep::control
