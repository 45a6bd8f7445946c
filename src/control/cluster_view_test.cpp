#include "control/cluster_view.h"

#include "control/test_cluster.h"

namespace lockstep::control {
namespace {

using namespace std::chrono_literals;

class View : public Cluster {
 protected:
  std::shared_ptr<const ClusterView> view() {
    const auto inventory = std::make_shared<const Inventory>(inventory_);
    auto made = make_view(*store_, inventory, {"login1", "node1", "node3"}, now_);
    EXPECT_TRUE(made);
    return made.value_or(nullptr);
  }

  static NodeGlance of(const ClusterView& view, const std::string& name) {
    const auto place = std::ranges::find_if(
        view.nodes, [&](const NodeGlance& glance) { return glance.node->name == name; });
    EXPECT_NE(place, view.nodes.end());
    return *place;
  }
};

TEST_F(View, BeforeAnySweepNothingLooksWell) {
  const auto empty = view();
  ASSERT_EQ(empty->nodes.size(), 5U);
  EXPECT_EQ(empty->nodes[0].node->name, "login1");
  EXPECT_EQ(empty->nodes[0].sight, NodeSight::never);
  EXPECT_EQ(empty->nodes[0].looked, std::nullopt);
  EXPECT_EQ(empty->event, 0);
  EXPECT_EQ(empty->listing.unproven, 3U);
}

TEST_F(View, NodesShowTheWorstThatNobodyDealsWith) {
  learn_all();
  hosts_["node3"].open.insert(150);
  hosts_["node4"].open = ports({111});
  sweep_all();
  wait(1h);
  sweep_all();
  const auto open = view();
  EXPECT_EQ(of(*open, "node1").sight, NodeSight::proven);
  EXPECT_EQ(of(*open, "node1").looked, now_);
  EXPECT_EQ(of(*open, "node1").worst, std::nullopt);
  EXPECT_TRUE(of(*open, "node1").watched);
  EXPECT_FALSE(of(*open, "node2").watched);
  EXPECT_EQ(of(*open, "node3").alerts, 1U);
  EXPECT_TRUE(of(*open, "node3").worst);
  EXPECT_TRUE(of(*open, "node4").worst);
  EXPECT_EQ(open->rows.size(), 2U);
  EXPECT_EQ(open->event, store_->latest_event().value());

  const std::int64_t id = open->rows[0]->row().first.id;
  const std::string node = open->rows[0]->row().nodes.at(0);
  ASSERT_TRUE(control::act(*store_, names(),
                           {.kind = AlertAction::Kind::silence,
                            .ids = {id},
                            .nodes = {},
                            .person = "kim",
                            .note = "n",
                            .duration = 2h},
                           now_));
  const auto muted = view();
  EXPECT_GT(muted->event, open->event);
  EXPECT_FALSE(of(*muted, node).worst);
  EXPECT_TRUE(of(*muted, node).muted);
  wait(3h);
  EXPECT_TRUE(of(*view(), node).worst) << "the silence has run out";
}

}  // namespace
}  // namespace lockstep::control
