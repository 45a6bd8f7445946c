#include "control/profile_edits.h"

#include "control/test_cluster.h"

namespace lockstep::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string change_text(const PortChange& change) {
  switch (change.kind) {
    case PortChange::Kind::added: return fmt::format("+{}", change.after.port);
    case PortChange::Kind::removed: return fmt::format("-{}", change.before.port);
    case PortChange::Kind::changed:
      return fmt::format("{} {}->{}", change.after.port, change.before.service,
                         change.after.service);
  }
  return "";
}

TEST_F(Cluster, AnEditedTableWaitsForApproval) {
  learn_all();
  const auto before = *store_->profiles();
  const std::vector<PortRow> rows = {{443, "tcp", " https "}, {22, "tcp", "ssh"}, {22, "udp", ""}};
  const auto proposed = propose_profile(*store_, "compute", rows, "new web server", act());
  ASSERT_TRUE(proposed) << proposed.error().message();
  EXPECT_EQ(proposed->origin, "edited by " + act().person);
  EXPECT_EQ(*store_->profiles(), before) << "nothing counts before it is approved";
  const auto states = *profile_states(*store_, "compute");
  ASSERT_EQ(states.size(), 1U);
  std::vector<std::string> changes;
  const auto made = changes_of(states[0]);
  for (const PortChange& change : made) changes.push_back(change_text(change));
  EXPECT_THAT(changes, ElementsAre("22 ->ssh", "+22", "-111", "+443"));
  ASSERT_TRUE(approve(*store_, "compute", ApproveWhat::either, act()));
  EXPECT_EQ(store_->profile("compute")->ports.size(), 3U);
  EXPECT_EQ(store_->profile("compute")->ports.back().service, "https");
  EXPECT_THAT(changes_of(profile_states(*store_, "compute")->front()), IsEmpty());
  const auto history = *store_->profile_audit("compute", 2);
  EXPECT_EQ(history[0].action, "profile approve");
  EXPECT_EQ(history[1].action, "profile edit");
  EXPECT_EQ(history[1].detail, "3 ports: new web server");
}

TEST_F(Cluster, ARowWithoutSenseIsNamed) {
  const struct {
    const char* description;
    const char* host_type;
    std::vector<PortRow> rows;
    const char* says;
  } kRows[] = {
      {"no port", "compute", {{22, "tcp", ""}, {0, "tcp", ""}}, "row 2: 0 is no port"},
      {"beyond the last", "compute", {{65536, "tcp", ""}}, "row 1: 65536 is no port"},
      {"another protocol", "compute", {{22, "sctp", ""}}, "row 1: the protocol \"sctp\""},
      {"twice", "compute", {{22, "tcp", "a"}, {22, "tcp", "b"}}, "row 2: port 22/tcp stands twice"},
      {"too long", "compute", {{22, "tcp", std::string(51, 'x')}}, "row 1: the service"},
      {"none", "compute", {}, "no port"},
      {"no class", "", {{22, "tcp", ""}}, "class"},
      {"no network", "compute@", {{22, "tcp", ""}}, "network"},
      {"two networks", "compute@a@b", {{22, "tcp", ""}}, "network"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto proposed = propose_profile(*store_, row.host_type, row.rows, "", act());
    ASSERT_FALSE(proposed);
    EXPECT_EQ(proposed.error().kind(), ErrorKind::invalid);
    EXPECT_THAT(proposed.error().message(), HasSubstr(row.says));
  }
  EXPECT_THAT(*store_->baselines(), IsEmpty());
  EXPECT_THAT(*store_->audit(9), IsEmpty());
}

TEST_F(Cluster, WhatWaitsCanBeDropped) {
  ASSERT_TRUE(propose_profile(*store_, "compute@hsn", {{22, "tcp", ""}}, "", act()));
  EXPECT_EQ(drop_proposal(*store_, "compute", act()).error().kind(), ErrorKind::not_found);
  ASSERT_TRUE(drop_proposal(*store_, "compute@hsn", act()));
  EXPECT_THAT(*store_->baselines(), IsEmpty());
  EXPECT_EQ(store_->profile_audit("compute", 9)->front().action, "profile drop");
}

TEST_F(Cluster, LearningOfANetworkLeavesTheOthersAlone) {
  inventory_.nodes["node1"].addresses.push_back({*IpAddress::parse("198.19.0.1"), "fabric"});
  ASSERT_TRUE(propose_profile(*store_, "compute", {{22, "tcp", ""}}, "", act()));
  const auto report = learn(setting(), *store_, "compute@fabric", "node1", act());
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_EQ(report->baselines.size(), 1U);
  EXPECT_EQ(report->baselines[0].profile.host_type, "compute@fabric");
  const auto waiting = *store_->baselines();
  ASSERT_EQ(waiting.size(), 2U);
  EXPECT_EQ(waiting[0].origin, "edited by " + act().person);
  EXPECT_EQ(store_->profile_audit("compute@fabric", 9)->front().action, "profile learn");
  const auto none = learn(setting(), *store_, "compute@hsn", "node1", act());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind(), ErrorKind::not_found);
}

TEST_F(Cluster, WhetherAClassCanBeLearnedIsToldWithoutALook) {
  const auto says = [&](const char* host_type, const char* node) {
    const auto can = check_learnable(inventory_, policy_, host_type, node, {});
    return can ? std::string("yes") : can.error().message();
  };
  EXPECT_EQ(says("compute", ""), "yes");
  EXPECT_EQ(says("compute@hsn", ""), "yes");
  EXPECT_EQ(says("login", "login1"), "yes");
  EXPECT_THAT(says("login", ""), HasSubstr("has 1 node to examine"));
  EXPECT_THAT(says("gpu", ""), HasSubstr("no node of class"));
  EXPECT_THAT(says("login", "node1"), HasSubstr("not in the class"));
  EXPECT_THAT(says("login", "node9"), HasSubstr("no node node9"));
  policy_.excluded_nodes = *parse_nodeset("node1");
  EXPECT_THAT(says("compute", ""), HasSubstr("has 3 nodes to examine"));
}

}  // namespace
}  // namespace lockstep::control
