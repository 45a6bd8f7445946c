// Sweeps that ask services what they are.

#include "analysis/test_services.h"
#include "control/key_use_cases.h"
#include "control/node_page.h"
#include "control/test_cluster.h"
#include "control/test_services.h"

namespace lockstep::control {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

class ServiceSweep : public Cluster {
 protected:
  void SetUp() override {
    Cluster::SetUp();
    sweep_policy_.services.tellable = {{"ssh", "rpcbind", "http"}, {"openssh"}};
    for (int i = 1; i <= 4; ++i) {
      says(i, 22, an_sshd({{"ssh-ed25519", fmt::format("K{}", i)}}));
      says(i, 111, a_service("rpcbind"));
    }
    services_.says[{"login1", 22}] = an_sshd({{"ssh-ed25519", "L"}});
    services_.says[{"login1", 80}] = a_service("http");
  }

  void says(int node, Port port, const Service& service) {
    services_.says[{fmt::format("node{}", node), port}] = service;
  }

  SweepSetting with_services() {
    SweepSetting whole = setting();
    whole.services = &services_;
    return whole;
  }

  void learn_with_services() {
    ASSERT_TRUE(learn(with_services(), *store_, "compute", "node1", act()));
    ASSERT_TRUE(learn(with_services(), *store_, "login", "login1", act()));
    ASSERT_TRUE(approve(*store_, "compute", ApproveWhat::either, act()));
    ASSERT_TRUE(approve(*store_, "login", ApproveWhat::either, act()));
    services_.asked.clear();
  }

  /// The findings, "critical hostkey-changed compute 22 node3" a row.
  Lines sweep_services() {
    services_.asked.clear();
    const SweepSetting whole = with_services();
    SweepWorld around = world();
    around.schedules = [this](const Lines& nodes) {
      std::vector<NodeSchedule> schedules;
      for (const std::string& node : nodes) {
        const auto state = states_.find(node);
        NodeSchedule& schedule = schedules.emplace_back();
        schedule.node = node;
        schedule.state = state == states_.end() ? SchedulerState::idle : state->second;
      }
      return schedules;
    };
    const auto report = sweep(whole, *store_, names(), sweep_policy_, around);
    EXPECT_TRUE(report) << (report ? "" : report.error().message());
    if (!report) return {"failed"};
    busy_ = report->busy;
    EXPECT_EQ(report->not_kept, "");
    Lines lines;
    for (const SweepRow& row : report->rows) {
      const Finding& subject = row.finding.subject;
      lines.push_back(fmt::format("{} {} {} {} {}", to_string(subject.severity),
                                  to_string(subject.kind), subject.node_class,
                                  subject.port.value_or(0), fold_nodeset(row.finding.nodes)));
    }
    return lines;
  }

  std::set<std::string> nodes(std::initializer_list<const char*> list) {
    return {list.begin(), list.end()};
  }

  ToldServices services_;
  std::map<std::string, SchedulerState> states_;  // of others: idle
  Lines busy_;
};

TEST_F(ServiceSweep, LearnsWhatAnswers) {
  learn_with_services();
  const auto profile = store_->profile("compute");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->ports[0].service, "ssh");
  EXPECT_EQ(profile->ports[1].service, "rpcbind");
}

TEST_F(ServiceSweep, LearnsByConsensusAndKeepsWhatIsInUse) {
  says(2, 111, a_service("http"));
  ASSERT_TRUE(learn_by_consensus(with_services(), *store_, "compute", {}, act()));
  ASSERT_TRUE(approve(*store_, "compute", ApproveWhat::either, act()));
  EXPECT_EQ(store_->profile("compute")->ports[0].service, "ssh");
  EXPECT_EQ(store_->profile("compute")->ports[1].service, "") << "they do not agree";
  // A later learning that asks nobody takes nothing away.
  ASSERT_TRUE(learn(setting(), *store_, "compute", "node1", act()));
  EXPECT_EQ(store_->baselines()->at(0).profile.ports[0].service, "ssh");
}

TEST_F(ServiceSweep, FindsNothingInCleanSweepsAndAsksOnceADay) {
  learn_with_services();
  EXPECT_THAT(sweep_services(), IsEmpty());
  EXPECT_EQ(services_.asked.size(), 10U);
  EXPECT_THAT(services_.asked, testing::Contains("node1 22 ssh"));
  wait(1h);
  EXPECT_THAT(sweep_services(), IsEmpty());
  EXPECT_THAT(services_.asked, IsEmpty()) << "it is not due";
  sweep_policy_.schedule.all = true;
  sweep_services();
  EXPECT_EQ(services_.asked.size(), 10U) << "asked for";
  sweep_policy_.schedule.all = false;
  wait(23h);
  EXPECT_THAT(sweep_services(), IsEmpty());
  EXPECT_EQ(services_.asked.size(), 10U) << "the next day";
}

TEST_F(ServiceSweep, AsksNobodyElse) {
  learn_with_services();
  hosts_["node2"].open.insert(150);  // a job's, or an intruder's
  sweep_services();
  EXPECT_TRUE(std::ranges::none_of(services_.asked, [](const std::string& line) {
    return line.find(" 150 ") != std::string::npos;
  }));
}

TEST_F(ServiceSweep, FindsImpostorsUntilTheyAreGone) {
  learn_with_services();
  sweep_services();
  wait(24h);
  says(2, 111, a_service("http"));
  services_.says.erase({"node4", 22});  // accepts, and is silent
  says(3, 22, an_sshd({{"ssh-ed25519", "X"}}));
  const Lines found = {"critical hostkey-changed compute 22 node3",
                       "high service-mismatch compute 111 node2",
                       "medium service-silent compute 22 node4"};
  EXPECT_EQ(sweep_services(), found);
  // One with an alert is asked before its time.
  wait(10min);
  EXPECT_EQ(sweep_services(), found);
  const std::set<std::string> again(services_.asked.begin(), services_.asked.end());
  EXPECT_EQ(again, (std::set<std::string>{"node2 111 rpcbind", "node3 22 ssh", "node4 22 ssh"}));
  says(2, 111, a_service("rpcbind"));
  says(3, 22, an_sshd({{"ssh-ed25519", "K3"}}));
  says(4, 22, an_sshd({{"ssh-ed25519", "K4"}}));
  wait(10min);
  EXPECT_THAT(sweep_services(), IsEmpty());
  for (const std::string& line : alerts()) EXPECT_THAT(line, testing::HasSubstr("resolved"));
}

TEST_F(ServiceSweep, WhatIsSilentForAMomentIsAskedAgain) {
  learn_with_services();
  services_.says.erase({"node4", 22});
  services_.after = [&] { says(4, 22, an_sshd({{"ssh-ed25519", "K4"}})); };
  EXPECT_THAT(sweep_services(), IsEmpty());
  EXPECT_EQ(services_.asked.back(), "node4 22 ssh");
  EXPECT_EQ(services_.asked.size(), 11U);
}

TEST_F(ServiceSweep, AnOperatorAcceptsTheKeysOfARebuiltNode) {
  learn_with_services();
  sweep_services();
  wait(24h);
  says(3, 22, an_sshd({{"ssh-ed25519", "X"}}));
  EXPECT_EQ(sweep_services().size(), 1U);
  const auto refused =
      accept_keys(*store_, nodes({"node3"}), AcceptWhat::seen, act(), {"SHA256:another"});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), testing::HasSubstr("none of those that were read"));
  const auto accepted = accept_keys(*store_, nodes({"node3"}), AcceptWhat::seen, act());
  ASSERT_TRUE(accepted) << accepted.error().message();
  EXPECT_EQ(accepted->accepted, 1U);
  EXPECT_EQ(accepted->forgotten, 1U);
  EXPECT_EQ(accepted->resolved.size(), 1U);
  ASSERT_EQ(accepted->rows.size(), 1U);
  EXPECT_EQ(accepted->rows[0].key.sha256, "X");
  EXPECT_EQ(accepted->rows[0].key.by, "kim");
  wait(24h);
  EXPECT_THAT(sweep_services(), IsEmpty());
  // The old key is none of its own any more.
  says(3, 22, an_sshd({{"ssh-ed25519", "K3"}}));
  wait(24h);
  EXPECT_EQ(sweep_services().size(), 1U);
}

TEST_F(ServiceSweep, AnOperatorAcceptsWhatComesNext) {
  learn_with_services();
  sweep_services();
  ASSERT_TRUE(accept_keys(*store_, nodes({"node3"}), AcceptWhat::next, act()));
  says(3, 22, an_sshd({{"ssh-ed25519", "X"}}));
  wait(1h);
  EXPECT_THAT(sweep_services(), IsEmpty());
  EXPECT_THAT(services_.asked, ElementsAre("node3 22 ssh")) << "though it is not due";
  const auto keys = list_keys(*store_, nodes({"node3"}));
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->at(0).key.sha256, "X");
  EXPECT_TRUE(keys->at(0).known);
  EXPECT_TRUE(keys->at(0).seen);
}

TEST_F(ServiceSweep, AnImpostorAtTheFirstLookIsNotKnown) {
  learn_with_services();
  says(3, 22, a_tls_server("C", "P"));
  EXPECT_EQ(sweep_services(), (Lines{"high service-mismatch compute 22 node3"}));
  says(3, 22, an_sshd({{"ssh-ed25519", "K3"}}));
  wait(10min);
  EXPECT_THAT(sweep_services(), IsEmpty());
  const auto keys = list_keys(*store_, nodes({"node3"}));
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->at(0).key.sha256, "K3");
  EXPECT_TRUE(keys->at(0).known);
}

TEST_F(ServiceSweep, WhatAnAddressShowedThatANodeHadBeforeIsNotAccepted) {
  learn_with_services();
  sweep_services();
  wait(24h);
  says(3, 22, an_sshd({{"ssh-ed25519", "OTHERS"}}));  // who got the lease
  EXPECT_EQ(sweep_services().size(), 1U);
  inventory_.nodes["node3"].addresses = {{*IpAddress::parse("198.18.0.77")}};
  says(3, 22, an_sshd({{"ssh-ed25519", "X"}}));
  wait(10min);
  EXPECT_EQ(sweep_services().size(), 1U);
  const auto accepted = accept_keys(*store_, nodes({"node3"}), AcceptWhat::seen, act());
  ASSERT_TRUE(accepted);
  Lines known;
  for (const KeyRow& row : accepted->rows) {
    if (row.known) known.push_back(row.key.sha256);
  }
  EXPECT_THAT(known, ElementsAre("X"));
}

TEST_F(ServiceSweep, NothingCanBeAcceptedOfANodeThatShowedNothing) {
  const auto accepted = accept_keys(*store_, nodes({"node3"}), AcceptWhat::seen, act());
  ASSERT_FALSE(accepted);
  EXPECT_THAT(accepted.error().message(), testing::HasSubstr("node3 has shown no key yet"));
}

TEST_F(ServiceSweep, ANodeThatBootsAnewIsOneRowOnce) {
  learn_with_services();
  sweep_policy_.services.keys.set("compute", KeyPolicy::boot);
  sweep_services();
  for (int boot = 1; boot <= 3; ++boot) {
    wait(24h);
    says(3, 22, an_sshd({{"ssh-ed25519", fmt::format("B{}", boot)}}));
    EXPECT_THAT(sweep_services(), ElementsAre("informational node-rebuilt compute 0 node3"));
    wait(10min);
    EXPECT_THAT(sweep_services(), IsEmpty());
    const auto keys = list_keys(*store_, nodes({"node3"}));
    ASSERT_TRUE(keys);
    EXPECT_EQ(keys->size(), 1U) << "old keys are forgotten";
  }
}

TEST_F(ServiceSweep, LeavesNodesAloneThatMayHoldAJob) {
  learn_with_services();
  states_ = {{"node2", SchedulerState::allocated},
             {"node3", SchedulerState::unknown},
             {"node4", SchedulerState::drained}};
  EXPECT_THAT(sweep_services(), IsEmpty());
  const std::set<std::string> asked(services_.asked.begin(), services_.asked.end());
  EXPECT_EQ(asked,
            (std::set<std::string>{"login1 22 ssh", "login1 80 http", "node1 22 ssh",
                                   "node1 111 rpcbind", "node4 22 ssh", "node4 111 rpcbind"}));
  EXPECT_EQ(busy_, (Lines{"node2", "node3"}));
}

TEST_F(ServiceSweep, ANodeThatIsOffIsNoAlertOfItsOwn) {
  learn_with_services();
  hosts_["node2"].has_neighbour_reply = false;
  EXPECT_THAT(sweep_services(), ElementsAre("low node-unreachable compute 0 node2"));
  states_ = {{"node2", SchedulerState::powered_down}};
  EXPECT_THAT(sweep_services(), ElementsAre("informational node-unreachable compute 0 node2"));
}

TEST_F(ServiceSweep, ThePageOfANodeShowsWhatAnswers) {
  learn_with_services();
  says(3, 111, a_service("http", "nginx", "1.22"));
  sweep_services();
  const auto page = describe_node(*store_, inventory_, inventory_.nodes.at("node3"), now_);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->ports.size(), 2U);
  EXPECT_EQ(page->ports[0].answers->product, "OpenSSH");
  EXPECT_EQ(page->ports[0].asked, now_);
  EXPECT_EQ(page->ports[0].standing, Standing::in_step);
  EXPECT_EQ(page->ports[1].answers->product, "nginx");
  EXPECT_EQ(page->ports[1].standing, Standing::wrong_service);
}

TEST_F(ServiceSweep, WhatIsOverForLongIsTakenAwayOnceADay) {
  learn_with_services();
  for (const Port port : {Port{150}, Port{151}}) {
    hosts_["node2"].open.insert(port);
    sweep_services();
    hosts_["node2"].open = ports({22, 111});
    wait(24h);
    sweep_services();
  }
  EXPECT_EQ(alerts().size(), 2U) << "resolved";
  wait(401 * 24h);
  sweep_services();
  // The last one stays, so that its number is not given again.
  EXPECT_THAT(alerts(), ElementsAre("A-2 resolved unexpected-port 151 node2"));
}

TEST_F(ServiceSweep, ACopiedKeyIsFoundBesideANodeThatIsNotSwept) {
  learn_with_services();
  sweep_services();
  wait(24h);
  says(4, 22, an_sshd({{"ssh-ed25519", "K1"}}));
  services_.asked.clear();
  const SweepSetting whole = with_services();
  const auto report = sweep(whole, *store_, {"node4"}, sweep_policy_, world());
  ASSERT_TRUE(report);
  ASSERT_EQ(report->rows.size(), 2U);
  EXPECT_EQ(report->rows[1].finding.subject.kind, FindingKind::hostkey_shared);
  EXPECT_EQ(report->rows[1].finding.subject.clones, "also on node1");
}

}  // namespace
}  // namespace lockstep::control
