// A renewed view is what a view made anew is.

#include "control/cluster_view.h"
#include "control/test_cluster.h"

namespace lockstep::control {
namespace {

using namespace std::chrono_literals;
using View = std::shared_ptr<const ClusterView>;

class Renewal : public Cluster {
 protected:
  Lines watched() const { return {"login1", "node1", "node3", "node4"}; }

  View anew() { return make_view(*store_, shared_, watched(), now_).value(); }

  View begin() {
    shared_ = std::make_shared<const Inventory>(inventory_);
    return anew();
  }

  /// What a view renewed from `before` is, compared with one that is made anew.
  View renewed(const View& before) {
    const auto view = renew_view(*store_, *before, now_).value();
    EXPECT_NE(view, nullptr) << "it is known what has changed";
    if (view == nullptr) return anew();
    const View expected = anew();
    EXPECT_EQ(view->event, expected->event);
    EXPECT_EQ(view->alerts, expected->alerts);
    EXPECT_EQ(view->nodes, expected->nodes);
    EXPECT_EQ(texts(*view), texts(*expected));
    EXPECT_EQ(view->listing.unproven, expected->listing.unproven);
    EXPECT_EQ(view->listing.node_count, expected->listing.node_count);
    EXPECT_EQ(view->listing.latest.has_value(), expected->listing.latest.has_value());
    if (view->listing.latest && expected->listing.latest) {
      EXPECT_EQ(view->listing.latest->id, expected->listing.latest->id);
    }
    return view;
  }

  static Lines texts(const ClusterView& view) {
    Lines lines;
    for (const auto& each : view.rows) {
      const AlertRow& row = each->row();
      lines.push_back(fmt::format("{} {} {} {} {}", row.first.id, to_string(row.status),
                                  fold_nodeset(row.nodes), row.last_seen.time_since_epoch().count(),
                                  row.first.owner));
    }
    return lines;
  }

  Result<AlertListing> act_on(std::int64_t id, AlertAction::Kind kind, const std::string& node) {
    AlertAction action;
    action.kind = kind;
    action.ids = {id};
    if (!node.empty()) action.nodes = {{node}};
    action.person = "kim";
    action.note = "n";
    action.duration = 2h;
    return control::act(*store_, names(), action, now_);
  }

  std::shared_ptr<const Inventory> shared_;
};

TEST_F(Renewal, FollowsWhatHappens) {
  View view = begin();
  learn_all();
  hosts_["node3"].open.insert(150);
  hosts_["node4"].open = ports({111});
  sweep_all();
  view = renewed(view);
  wait(1h);
  sweep_all();
  view = renewed(view);
  ASSERT_EQ(view->rows.size(), 2U);
  const std::int64_t id = view->rows[0]->row().first.id;
  const std::string node = view->rows[0]->row().nodes.at(0);
  const std::int64_t other = view->rows[1]->row().first.id;
  ASSERT_TRUE(act_on(id, AlertAction::Kind::silence, node));
  const View before = view;
  view = renewed(view);
  EXPECT_NE(before->rows[0], view->rows[0]);
  EXPECT_EQ(before->rows[1], view->rows[1]) << "what did not change is shared";
  wait(3h);
  view = renewed(view);
  EXPECT_EQ(view->rows[0]->row().status, AlertStatus::open) << "the silence has run out";
  ASSERT_TRUE(act_on(other, AlertAction::Kind::resolve, ""));
  view = renewed(view);
  EXPECT_EQ(view->rows.size(), 1U);
  hosts_["node3"].open = ports({22, 111});
  hosts_["node1"].open.insert(77);
  ASSERT_TRUE(try_sweep({"node1", "node3"}));
  view = renewed(view);
  wait(1h);
  ASSERT_TRUE(try_sweep({"node2"}));
  view = renewed(view);
  renewed(view);
}

TEST_F(Renewal, WhatIsNotKnownIsReadAnew) {
  const View view = begin();
  ClusterView later = *view;
  later.event = 1000;
  EXPECT_EQ(renew_view(*store_, later, now_).value(), nullptr) << "another life of the store";
  learn_all();
  sweep_all();
  ClusterView gap = *view;
  gap.event = -5;
  EXPECT_EQ(renew_view(*store_, gap, now_).value(), nullptr) << "events are missing";
}

TEST_F(Renewal, ATextIsWrittenOnce) {
  const ViewRow row({});
  EXPECT_EQ(row.text([](const AlertRow&) { return std::string("first"); }), "first");
  EXPECT_EQ(row.text([](const AlertRow&) { return std::string("second"); }), "first");
}

}  // namespace
}  // namespace lockstep::control
