#include "control/profile_use_cases.h"

#include "control/test_cluster.h"

namespace lockstep::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(Cluster, LearningWritesTheOpenPorts) {
  const auto report = learn(setting(), *store_, "compute", "node1", act());
  ASSERT_TRUE(report) << report.error().message();
  const Profile expected{
      "compute", {{22, Protocol::tcp, "", ""}, {111, Protocol::tcp, "", ""}}, {}};
  ASSERT_EQ(report->baselines.size(), 1U);
  EXPECT_EQ(report->baselines[0].profile, expected);
  EXPECT_THAT(*store_->profiles(), IsEmpty()) << "nothing counts before it is approved";
  ASSERT_TRUE(approve(*store_, "compute", ApproveWhat::either, act()));
  EXPECT_THAT(*store_->profiles(), ElementsAre(expected));
  EXPECT_THAT(*store_->baselines(), IsEmpty());
}

TEST_F(Cluster, LearningWritesAProfileForEachNetwork) {
  inventory_.nodes["node1"].addresses.push_back({*IpAddress::parse("198.19.0.1"), "fabric"});
  ASSERT_TRUE(learn(setting(), *store_, "compute", "node1", act()));
  ASSERT_TRUE(approve(*store_, "compute", ApproveWhat::either, act()));
  const auto profiles = *store_->profiles();
  ASSERT_EQ(profiles.size(), 2U);
  EXPECT_EQ(profiles[0].host_type, "compute");
  EXPECT_EQ(profiles[1].host_type, "compute@fabric");
}

TEST_F(Cluster, LearningRefusesAndChangesNothing) {
  learn_all();
  const auto before = *store_->profiles();
  const std::atomic<bool> stopped{true};
  const struct {
    const char* description;
    const char* node_class;
    const char* node;
    std::function<void()> change;
    ErrorKind kind;
    const char* says;
  } kRows[] = {
      {"no such node", "compute", "node9", [] {}, ErrorKind::not_found, "no node node9"},
      {"not of the class", "compute", "login1", [] {}, ErrorKind::invalid, "login1"},
      {"interrupted", "compute", "node1", [&] { control_.stop = &stopped; }, ErrorKind::unavailable,
       "not examined in full"},
      {"unreachable", "compute", "node1", [&] { hosts_["node1"].has_neighbour_reply = false; },
       ErrorKind::unavailable, "not examined in full"},
      {"outside the fence", "compute", "node1",
       [&] { inventory_.nodes["node1"].addresses = {{*IpAddress::parse("192.0.2.1")}}; },
       ErrorKind::unavailable, "outside-fence"},
      {"excluded", "compute", "node1", [&] { policy_.excluded_nodes = *parse_nodeset("node1"); },
       ErrorKind::unavailable, "outside-fence"},
      {"no address", "compute", "node1", [&] { inventory_.nodes["node1"].addresses.clear(); },
       ErrorKind::unavailable, "not-resolved"},
      {"one of two networks is not reached", "compute", "node1",
       [&] {
         inventory_.nodes["node1"].addresses.push_back({*IpAddress::parse("192.0.2.1"), "fabric"});
       },
       ErrorKind::unavailable, "192.0.2.1"},
      {"nothing is open", "compute", "node1", [&] { hosts_["node1"].open = {}; },
       ErrorKind::not_found, "no open port"},
  };
  const Inventory inventory = inventory_;
  const auto hosts = hosts_;
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    inventory_ = inventory;
    hosts_ = hosts;
    policy_ = {};
    control_ = {};
    row.change();
    // Were it learned, it would show.
    if (!hosts_["node1"].open.empty()) hosts_["node1"].open.insert(150);
    const auto report = learn(setting(), *store_, row.node_class, row.node, act());
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind(), row.kind) << report.error().message();
    EXPECT_THAT(report.error().message(), HasSubstr(row.says));
    EXPECT_EQ(*store_->profiles(), before);
    EXPECT_THAT(*store_->baselines(), IsEmpty());
  }
}

class Consensus : public Cluster {
 protected:
  Result<LearnReport> learn_compute() {
    return control::learn_by_consensus(setting(), *store_, "compute", {}, act());
  }

  /// The ports of the only baseline.
  std::vector<Port> learned() {
    std::vector<Port> learned;
    const auto baselines = store_->baselines();
    EXPECT_THAT(*baselines, SizeIs(1));
    if (baselines->empty()) return learned;
    for (const ExpectedPort& port : baselines->front().profile.ports) learned.push_back(port.port);
    return learned;
  }
};

TEST_F(Consensus, ARoguePortOnSomeNodesIsAnOutlierAndNeverLearned) {
  const struct {
    const char* description;
    int nodes;
    std::vector<int> rogue;
    const char* says;
  } kRows[] = {
      {"1 of 40", 40, {7}, "150/tcp is open on 1 of 40 nodes: on node7; not learned"},
      {"2 of 8", 8, {3, 7}, "150/tcp is open on 2 of 8 nodes: on node[3,7]; not learned"},
      {"most of 8", 8, {1, 2, 3, 4, 5, 6}, "150/tcp is open on 6 of 8 nodes: not on node[7-8]"},
  };
  const Inventory inventory = inventory_;
  const auto hosts = hosts_;
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    inventory_ = inventory;
    hosts_ = hosts;
    open_fresh_store();
    for (int i = 5; i <= row.nodes; ++i) add(fmt::format("node{}", i), "compute", {22, 111});
    for (const int i : row.rogue) hosts_[fmt::format("node{}", i)].open.insert(150);
    const auto report = learn_compute();
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_THAT(learned(), ElementsAre(22, 111));
    EXPECT_THAT(report->baselines[0].outliers, ElementsAre(HasSubstr(row.says)));
    EXPECT_EQ(report->baselines, *store_->baselines());
  }
}

TEST_F(Consensus, NodesThatAreDownHaveNoVoteAndAreNamed) {
  for (int i = 5; i <= 8; ++i) add(fmt::format("node{}", i), "compute", {22, 111});
  hosts_["node3"].has_neighbour_reply = false;
  const auto report = learn_compute();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_THAT(learned(), ElementsAre(22, 111));
  EXPECT_THAT(report->baselines[0].outliers, ElementsAre(HasSubstr("node3")));
}

TEST_F(Consensus, IsRefusedWithTheReasonAndChangesNothing) {
  const struct {
    const char* description;
    int nodes;
    int down;
    ErrorKind kind;
    const char* says;
  } kRows[] = {
      {"a class of one", 1, 0, ErrorKind::invalid, "has 1 node to examine"},
      {"of two", 2, 0, ErrorKind::invalid, "has 2 nodes to examine"},
      {"of three", 3, 0, ErrorKind::invalid, "--from NODE"},
      {"too few answer", 4, 1, ErrorKind::unavailable, "only 3 of 4 nodes"},
  };
  const Inventory inventory = inventory_;
  const auto hosts = hosts_;
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    inventory_ = inventory;
    hosts_ = hosts;
    for (int i = row.nodes + 1; i <= 4; ++i) inventory_.nodes.erase(fmt::format("node{}", i));
    for (int i = 1; i <= row.down; ++i) {
      hosts_[fmt::format("node{}", i)].has_neighbour_reply = false;
    }
    const auto report = learn_compute();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind(), row.kind) << report.error().message();
    EXPECT_THAT(report.error().message(), HasSubstr(row.says));
    EXPECT_THAT(*store_->baselines(), IsEmpty());
  }
}

TEST_F(Consensus, OfAClassThatNobodyIsIn) {
  const auto report = control::learn_by_consensus(setting(), *store_, "gpu", {}, act());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind(), ErrorKind::not_found);
}

class Approving : public Cluster {
 protected:
  /// As an administrator would with an SQL client.
  void sql(const std::string& statement) {
    const auto file = folder_ / fmt::format("store{}.db", stores_);
    const std::string command = fmt::format("sqlite3 -bail '{}' \"{}\"", file.string(), statement);
    ASSERT_EQ(std::system(command.c_str()), 0) << statement;
  }

  ProfileState state() {
    const auto states = profile_states(*store_, "compute");
    EXPECT_TRUE(states) << states.error().message();
    EXPECT_THAT(*states, SizeIs(1));
    return states->front();
  }
};

TEST_F(Approving, AnEditByHandCountsAtOnceAndShowsUntilItIsApproved) {
  learn_all();
  hosts_["node2"].open.insert(150);
  sql("INSERT INTO open_ports VALUES (150, 'tcp', '', 'compute')");
  EXPECT_THAT(state().unapproved.added, ElementsAre("150/tcp"));
  const SweepReport report = sweep_all();
  EXPECT_THAT(told(report),
              testing::UnorderedElementsAre("high profile-changed compute - ",
                                            "low missing-port compute 150/tcp closed node[1,3-4]"));
  EXPECT_THAT(alerts(), testing::Contains("A-2 open profile-changed 0 "));

  ASSERT_TRUE(approve(*store_, "compute", ApproveWhat::either, act()));
  EXPECT_TRUE(state().unapproved.empty());
  EXPECT_THAT(alerts(), testing::Contains("A-2 resolved profile-changed 0 "));
  EXPECT_FALSE(sweep_all().rows.empty()) << "the missing ports are another matter";
}

TEST_F(Approving, OneRowCannotDisarm) {
  learn_all();
  sql("INSERT INTO port_rules VALUES ('compute', 'tcp', '1-65535', 'optional', NULL)");
  hosts_["node2"].open.insert(150);
  EXPECT_THAT(told(sweep_all()), ElementsAre("high profile-changed compute - "));
}

TEST_F(Approving, WhatWasLearnedAndWhatWasWrittenByHandAskWhichIsMeant) {
  learn_all();
  sql("INSERT INTO open_ports VALUES (150, 'tcp', '', 'compute')");
  hosts_["node1"].open.insert(160);
  ASSERT_TRUE(learn(setting(), *store_, "compute", "node1", act()));
  const auto either = approve(*store_, "compute", ApproveWhat::either, act());
  ASSERT_FALSE(either);
  EXPECT_EQ(either.error().kind(), ErrorKind::invalid);
  EXPECT_THAT(either.error().message(), HasSubstr("--baseline or --table"));
  EXPECT_THAT(state().proposed.added, ElementsAre("160/tcp"));
  EXPECT_THAT(state().proposed.removed, ElementsAre("150/tcp"));

  ASSERT_TRUE(approve(*store_, "compute", ApproveWhat::baseline, act()));
  EXPECT_EQ(state().in_use->ports.size(), 3U);
  EXPECT_EQ(state().in_use->ports.back().port, 160);
  EXPECT_TRUE(state().unapproved.empty());
  EXPECT_FALSE(state().waiting);
}

TEST_F(Approving, NothingToApproveIsAnError) {
  learn_all();
  const auto again = approve(*store_, "compute", ApproveWhat::either, act());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind(), ErrorKind::not_found);
  EXPECT_FALSE(approve(*store_, "gpu", ApproveWhat::either, act()));
}

TEST_F(Approving, ImportedOutputOfNmapWaitsLikeAnyOther) {
  const std::string nmap =
      "# Nmap 7.93 scan initiated Wed Nov 25 00:00:00 2026 as: nmap -oG - n1\n"
      "Host: 198.18.0.1 (node1)\tStatus: Up\n"
      "Host: 198.18.0.1 (node1)\tPorts: 22/open/tcp//ssh///, 80/closed/tcp//http///\n"
      "# Nmap done at Wed Nov 25 00:00:01 2026 -- 1 IP address (1 host up) scanned in 1 seconds\n";
  const auto baseline = import_profile(*store_, nmap, "n1.gnmap", "compute", act());
  ASSERT_TRUE(baseline) << baseline.error().message();
  EXPECT_THAT(*store_->profiles(), IsEmpty());
  ASSERT_TRUE(approve(*store_, "compute", ApproveWhat::either, act()));
  EXPECT_EQ(state().in_use->ports, (std::vector<ExpectedPort>{{22, Protocol::tcp, "", ""}}));

  const auto bad = import_profile(*store_, nmap.substr(0, 90), "n1.gnmap", "compute", act());
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message(), HasSubstr("n1.gnmap"));
  EXPECT_THAT(*store_->baselines(), IsEmpty());
}

}  // namespace
}  // namespace lockstep::control
