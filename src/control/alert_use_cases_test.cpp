// The life of alerts from the simulated wire to the store.

#include "control/alert_use_cases.h"

#include <thread>

#include "control/test_cluster.h"

namespace lockstep::control {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Alerts : public Cluster {
 protected:
  void SetUp() override {
    Cluster::SetUp();
    learn_all();
  }

  void acknowledge(std::int64_t id) {
    const auto done = control::act(*store_, names(),
                                   {.kind = AlertAction::Kind::acknowledge,
                                    .ids = {id},
                                    .nodes = {},
                                    .person = "kim",
                                    .note = "n"},
                                   now_);
    ASSERT_TRUE(done) << done.error().message();
  }
};

TEST_F(Alerts, AreRaisedAcknowledgedResolvedOnProofAndReopened) {
  EXPECT_THAT(alerts(), IsEmpty());
  wait(1h);
  sweep_all();
  const WallTime closed = now_;
  wait(1h);
  hosts_["node3"].open.insert(150);
  const SweepReport raised = sweep_all();
  ASSERT_EQ(raised.rows.size(), 1U);
  EXPECT_EQ(raised.rows[0].alert, 1);
  EXPECT_TRUE(raised.rows[0].is_new);
  EXPECT_EQ(raised.rows[0].last_closed, closed);
  EXPECT_EQ(raised.reasked, 2U);
  EXPECT_THAT(raised.rows[0].finding.subject.clones, "3 of 4 closed");
  EXPECT_THAT(alerts(), ElementsAre("A-1 open unexpected-port 150 node3"));

  wait(1h);
  acknowledge(1);
  const SweepReport known = sweep_all();
  EXPECT_FALSE(known.rows.at(0).is_new);
  EXPECT_EQ(known.rows.at(0).owner, "kim");
  EXPECT_THAT(alerts(), ElementsAre("A-1 acknowledged unexpected-port 150 node3"));

  wait(1h);
  hosts_["node4"].open.insert(150);
  sweep_all();
  EXPECT_THAT(alerts(), testing::UnorderedElementsAre("A-1 acknowledged unexpected-port 150 node3",
                                                      "A-1 open unexpected-port 150 node4"))
      << "a new member of an acknowledged row is news";

  wait(1h);
  hosts_["node3"].open = hosts_["node4"].open = ports({22, 111});
  const SweepReport over = sweep_all();
  EXPECT_THAT(told(over), IsEmpty());
  ASSERT_EQ(over.resolved.size(), 1U);
  EXPECT_THAT(over.resolved[0].nodes, ElementsAre("node3", "node4"));
  EXPECT_EQ(over.resolved[0].first.resolution, "answered closed");
  const WallTime proven = now_;

  wait(1h);
  hosts_["node3"].open.insert(150);
  const SweepReport again = sweep_all();
  EXPECT_TRUE(again.rows.at(0).is_new);
  EXPECT_EQ(again.rows.at(0).last_closed, proven);
  EXPECT_THAT(alerts(), testing::UnorderedElementsAre("A-1 reopened unexpected-port 150 node3",
                                                      "A-1 resolved unexpected-port 150 node4"));
}

TEST_F(Alerts, WhatPeopleDoWithThemIsNoted) {
  hosts_["node3"].open.insert(150);
  sweep_all();
  acknowledge(1);
  const AuditEntry entry = store_->audit(1)->front();
  EXPECT_EQ(entry.person, "kim");
  EXPECT_EQ(entry.action, "alert acknowledge");
  EXPECT_EQ(entry.subject, "A-1");
  EXPECT_EQ(entry.detail, "n");
  const auto count = store_->audit(99)->size();
  const auto none = control::act(
      *store_, names(),
      {.kind = AlertAction::Kind::silence, .ids = {99}, .nodes = {}, .person = "kim", .note = "n"},
      now_);
  EXPECT_FALSE(none);
  EXPECT_EQ(store_->audit(99)->size(), count) << "what could not be done was not";
}

TEST_F(Alerts, AnAcknowledgementRunsOut) {
  hosts_["node3"].open.insert(150);
  sweep_all();
  acknowledge(1);
  wait(std::chrono::days(7));
  EXPECT_THAT(alerts(), ElementsAre("A-1 open unexpected-port 150 node3"));
  EXPECT_TRUE(sweep_all().rows.at(0).is_new);
}

TEST_F(Alerts, WithoutProofNothingIsResolved) {
  hosts_["node3"].open.insert(150);
  sweep_all();
  const Lines open = {"A-1 open unexpected-port 150 node3"};
  const auto hosts = hosts_;
  const std::atomic<bool> stopped{true};
  const struct {
    const char* description;
    std::function<void()> change;
  } kRows[] = {
      {"the node is gone", [&] { hosts_["node3"].has_neighbour_reply = false; }},
      {"the port falls silent", [&] { hosts_["node3"].filtered = ports({150}); }},
      {"the sweep is stopped", [&] { control_.stop = &stopped; }},
      {"the port is not asked",
       [&] {
         ports_ = ports({22, 111});
       }},
      {"the node is excluded", [&] { policy_.excluded_nodes = *parse_nodeset("node3"); }},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    hosts_ = hosts;
    hosts_["node3"].open = ports({22, 111});
    control_ = {};
    policy_ = {};
    ports_ = PortSet();
    ports_.of(Protocol::tcp).insert_range(1, kLastPort);
    row.change();
    wait(1h);
    std::ignore = try_sweep(names());
    EXPECT_THAT(alerts(), testing::IsSupersetOf(open));
  }
}

TEST_F(Alerts, AMissingPortIsAnAlertAtTheSecondLook) {
  hosts_["node3"].open = ports({22});
  const SweepReport first = sweep_all();
  ASSERT_EQ(first.rows.size(), 1U) << "the sweep says what it saw";
  EXPECT_EQ(first.rows[0].alert, 0);
  EXPECT_EQ(first.rows[0].status, AlertStatus::pending);
  EXPECT_THAT(alerts(), ElementsAre("A-1 pending missing-port 111 node3"));
  EXPECT_THAT(list_alerts(*store_, names(), {}, now_)->rows, IsEmpty());
  wait(4min);
  sweep_all();
  EXPECT_THAT(alerts(), ElementsAre("A-1 pending missing-port 111 node3"));
  wait(1min);
  EXPECT_TRUE(sweep_all().rows.at(0).is_new);
  EXPECT_THAT(alerts(), ElementsAre("A-1 open missing-port 111 node3"));
}

TEST_F(Alerts, ANodeThatWasAwayMeanwhileMayTakeItsTime) {
  hosts_["node3"].open = ports({22});
  sweep_all();
  wait(10min);
  hosts_["node3"].has_neighbour_reply = false;
  sweep_all();
  wait(4min);
  hosts_["node3"].has_neighbour_reply = true;
  sweep_all();
  EXPECT_THAT(alerts(), testing::Contains("A-1 pending missing-port 111 node3"));
  wait(5min);
  sweep_all();
  EXPECT_THAT(alerts(), testing::Contains("A-1 open missing-port 111 node3"));
}

TEST_F(Alerts, ADaemonThatIsBackInTimeWasNeverMissing) {
  hosts_["node3"].open = ports({22});
  sweep_all();
  wait(10min);
  hosts_["node3"].open = ports({22, 111});
  sweep_all();
  EXPECT_THAT(alerts(), IsEmpty());
}

TEST_F(Alerts, WhatIsGoneWhenItIsAskedAgainWasTransient) {
  hosts_["node3"].open.insert(150);
  before_collect_ = [&](int number) {
    if (number == 3) hosts_["node3"].open = ports({22, 111});
  };
  const SweepReport report = sweep_all();
  EXPECT_THAT(told(report), ElementsAre("low transient-port compute 150/tcp open node3"));
  EXPECT_EQ(waits_, 1) << "before the second question, not before the first";
  before_collect_ = [](int) {};
  wait(1h);
  sweep_all();
  EXPECT_THAT(alerts(), ElementsAre("A-1 resolved transient-port 150 node3"));
}

TEST_F(Alerts, ADaemonThatRestartsMeanwhileIsNotMissing) {
  hosts_["node3"].open = ports({22});
  before_collect_ = [&](int number) {
    if (number == 2) hosts_["node3"].open.insert(111);
  };
  EXPECT_THAT(told(sweep_all()), IsEmpty());
}

TEST_F(Alerts, AListingSaysHowFarToTrustIt) {
  const auto never = list_alerts(*store_, names(), {}, now_);
  ASSERT_TRUE(never);
  EXPECT_FALSE(never->complete());
  EXPECT_FALSE(never->latest);
  sweep_all();
  const auto all = list_alerts(*store_, names(), {}, now_);
  EXPECT_TRUE(all->complete());
  EXPECT_EQ(all->latest->proven, 5U);
  hosts_["node3"].has_neighbour_reply = false;
  wait(1h);
  sweep_all();
  const auto most = list_alerts(*store_, names(), {}, now_);
  EXPECT_FALSE(most->complete());
  EXPECT_EQ(most->unproven, 1U);
  hosts_["node3"].has_neighbour_reply = true;
  wait(1h);
  sweep_all();
  add("node9", "compute", {22, 111});
  EXPECT_EQ(list_alerts(*store_, names(), {}, now_)->unproven, 1U) << "it was never looked at";
}

TEST_F(Alerts, ASecondSweepOfTheSameNodesIsRefusedWhileTheFirstIsAlive) {
  SweepWorld lively = world();
  lively.is_alive = [](const SweepInfo&) { return true; };
  const auto claimed = store_->begin_sweep(
      {.started = now_, .nodes = {"node2"}, .ports = ports_, .owner = "x", .host = "mon2"},
      lively.is_alive);
  ASSERT_TRUE(claimed);
  const SweepSetting whole = setting();
  const auto refused = sweep(whole, *store_, names(), sweep_policy_, lively);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::unavailable);
  EXPECT_EQ(collector_->network, nullptr) << "nothing was sent";
  EXPECT_TRUE(sweep(whole, *store_, {"node1", "node3"}, sweep_policy_, lively));
  EXPECT_TRUE(try_sweep(names())) << "once it is dead";
}

TEST_F(Alerts, ActingOnWhatIsNotThereIsAnError) {
  const AlertAction unknown{.ids = {9}, .nodes = {}, .person = "kim", .note = ""};
  const auto done = control::act(*store_, names(), unknown, now_);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind(), ErrorKind::not_found);
  EXPECT_THAT(done.error().message(), HasSubstr("A-9"));
}

}  // namespace
}  // namespace lockstep::control
