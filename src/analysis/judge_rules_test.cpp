// What rules, severities, clones and approvals make of what was seen.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>

#include "analysis/judge.h"
#include "analysis/test_world.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

PortRule rule(Port first, Port last, Presence presence, std::optional<WallTime> until = {}) {
  PortRule made{Protocol::tcp, {}, presence, 0, until};
  made.ports.insert_range(first, last);
  return made;
}

struct Row {
  const char* description;
  std::function<void(World&)> change;
  std::vector<std::string> told;
};

void check(int nodes, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    World world(nodes);
    row.change(world);
    EXPECT_THAT(world.told(), testing::UnorderedElementsAreArray(row.told));
  }
}

/// The profile of compute gets `added`, and n2 shows 8080/tcp.
auto with_rule(const PortRule& added) {
  return [added](World& w) {
    w.profiles[0].rules = {added};
    w.show(2, 8080, PortState::open);
  };
}

TEST(JudgeRules, LetPortsBeOpen) {
  PortRule rpc = rule(8000, 8100, Presence::rpc);
  rpc.rpc_program = 100021;
  PortRule udp = rule(8000, 8100, Presence::optional);
  udp.protocol = Protocol::udp;
  const std::string kOpen = "unexpected-port compute n2 8080/tcp open ";
  check(2, {{"optional", with_rule(rule(8000, 8100, Presence::optional)), {}},
            {"optional, for another second",
             with_rule(rule(8000, 8100, Presence::optional, kNoon + 1s)),
             {}},
            {"optional, until now: drift past its date",
             with_rule(rule(8000, 8100, Presence::optional, kNoon)),
             {"medium " + kOpen + "[was allowed until 2026-07-01]"}},
            {"of UDP alone", with_rule(udp), {"high " + kOpen + "[]"}},
            {"of other ports",
             with_rule(rule(8081, 8100, Presence::optional)),
             {"high " + kOpen + "[]"}},
            {"job: unknown here",
             with_rule(rule(8000, 8100, Presence::job)),
             {"informational " + kOpen +
              "[allowed while a job holds the node, which is not known here]"}},
            {"submit: unknown here",
             with_rule(rule(8000, 8100, Presence::submit)),
             {"informational " + kOpen +
              "[allowed while a job launcher runs, which is not known here]"}},
            {"rpc: not asked",
             with_rule(rpc),
             {"informational " + kOpen + "[allowed for RPC program 100021, which was not asked]"}},
            {"job, until now: no condition excuses it any more",
             with_rule(rule(8000, 8100, Presence::job, kNoon)),
             {"medium " + kOpen + "[was allowed until 2026-07-01]"}},
            {"a rule that ran out beside one that holds",
             [](World& w) {
               with_rule(rule(8000, 8100, Presence::optional, kNoon))(w);
               w.profiles[0].rules.push_back(rule(8080, 8080, Presence::optional));
             },
             {}},
            {"an expected port whose rule ran out is still expected",
             [](World& w) { w.profiles[0].rules = {rule(22, 22, Presence::optional, kNoon)}; },
             {}},
            {"silence where a rule lets ports be open is nobody's finding",
             [](World& w) {
               w.profiles[0].rules = {rule(8000, 8100, Presence::job)};
               w.show(2, 8080, PortState::filtered);
             },
             {}},
            {"an optional port that is closed is not missing",
             [](World& w) { w.profiles[0].rules = {rule(8000, 8000, Presence::optional)}; },
             {}}});
}

TEST(JudgeRules, WantOnePortOfThoseRequired) {
  const auto require = [](Port first, Port last, std::optional<WallTime> until = {}) {
    return [=](World& w) {
      w.profiles[0].rules = {rule(first, last, Presence::required, until)};
      w.show(1, first, PortState::open);
    };
  };
  check(2, {{"none is open",
             require(8000, 8002),
             {"low missing-port compute n2 */tcp closed [none is open, 3 ports: 8000-8002]"}},
            {"another than the first is open",
             [&](World& w) {
               require(8000, 8002)(w);
               w.show(2, 8002, PortState::open);
             },
             {}},
            {"all are open",
             [&](World& w) {
               require(8000, 8001)(w);
               for (const Port port : {Port{8000}, Port{8001}}) w.show(2, port, PortState::open);
             },
             {}},
            {"a single one, closed",
             require(8000, 8000),
             {"low missing-port compute n2 8000/tcp closed [answered closed]"}},
            {"a single one, silent",
             [&](World& w) {
               require(8000, 8000)(w);
               w.show(2, 8000, PortState::filtered);
             },
             {"low missing-port compute n2 8000/tcp filtered [silent]"}},
            {"one of them was not asked",
             [&](World& w) {
               require(8000, 8002)(w);
               w.wanted = PortSet();
               w.wanted.of(Protocol::tcp).insert_range(1, 8001);
             },
             {}},
            {"the rule has run out: the open one is past its date",
             require(8000, 8002, kNoon),
             {"medium unexpected-port compute n1 8000/tcp open [was allowed until 2026-07-01]"}},
            {"the node was not examined in full",
             [&](World& w) {
               require(8000, 8002)(w);
               w.coverage[1].gap = CoverageGap::interrupted;
             },
             {"medium coverage-gap compute n2 - [the sweep was stopped: not all of 65,535 ports "
              "examined]"}}});
}

TEST(JudgeRules, HoldForNodesOfSeveralClasses) {
  World world(2);
  world.profiles.push_back({"gpu", {}, {rule(8000, 8100, Presence::optional)}});
  world.nodes[1].classes = {"compute", "gpu"};
  world.show(1, 8080, PortState::open);
  world.show(2, 8080, PortState::open);
  EXPECT_THAT(world.told(), ElementsAre("high unexpected-port compute n1 8080/tcp open []"));
}

TEST(JudgeRules, GatherPortsOfUsersInOneFinding) {
  PortSet users;
  users.insert_range(1024, 65535);
  const auto show = [users](World& w) {
    w.severities.set_user_ports("login", users);
    w.profiles.push_back({"login", {}, {}});
    w.nodes[1].classes = {"compute", "login"};
    for (const Port port : {Port{23}, Port{5901}, Port{8888}}) w.show(2, port, PortState::open);
  };
  check(2, {{"of one of its classes; the rest stays as it is",
             show,
             {"high unexpected-port compute+login n2 23/tcp open []",
              "informational unexpected-port compute+login n2 */tcp open [listeners of users, 2 "
              "ports: 5901,8888]"}},
            {"another class has none",
             [&](World& w) {
               show(w);
               w.nodes[1].classes = {"compute"};
             },
             {"high unexpected-port compute n2 23/tcp open []",
              "high unexpected-port compute n2 5901/tcp open []",
              "high unexpected-port compute n2 8888/tcp open []"}},
            {"an expected one is none of them",
             [&](World& w) {
               show(w);
               w.profiles[1].ports = {{8888, Protocol::tcp, "", ""}};
             },
             {"high unexpected-port compute+login n2 23/tcp open []",
              "informational unexpected-port compute+login n2 */tcp open [listeners of users, 1 "
              "ports: 5901]"}},
            {"a silent one is nothing",
             [&](World& w) {
               w.severities.set_user_ports("compute", users);
               w.show(2, 8888, PortState::filtered);
             },
             {}}});
}

TEST(JudgeRules, MakeNewPortsOfUsersNoNewAlert) {
  World world(1);
  PortSet users;
  users.insert_range(1024, 65535);
  world.severities.set_user_ports("compute", users);
  world.show(1, 5901, PortState::open);
  const auto before = world.judge();
  world.show(1, 8888, PortState::open);
  const auto after = world.judge();
  ASSERT_THAT(before, SizeIs(1));
  ASSERT_THAT(after, SizeIs(1));
  EXPECT_EQ(before[0].reason, after[0].reason);
  EXPECT_NE(before[0].detail, after[0].detail);
}

TEST(JudgeSeverity, GoesByKindAndClass) {
  const struct {
    const char* description;
    std::set<std::string> classes;
    FindingKind kind;
    Severity severity;
  } kRows[] = {
      {"an unexpected port", {"compute"}, FindingKind::unexpected_port, Severity::high},
      {"on a management node", {"management"}, FindingKind::unexpected_port, Severity::critical},
      {"the gravest class",
       {"compute", "management"},
       FindingKind::unexpected_port,
       Severity::critical},
      {"silence on a management node",
       {"management"},
       FindingKind::unexpected_filtered,
       Severity::high},
      {"missing", {"compute"}, FindingKind::missing_port, Severity::low},
      {"missing on storage", {"storage"}, FindingKind::missing_port, Severity::high},
      {"missing on management", {"management"}, FindingKind::missing_port, Severity::high},
      {"transient", {"compute"}, FindingKind::transient_port, Severity::low},
      {"unreachable", {"storage"}, FindingKind::node_unreachable, Severity::low},
      {"a gap", {"management"}, FindingKind::coverage_gap, Severity::medium},
      {"a gap of a node without class", {}, FindingKind::coverage_gap, Severity::medium},
      {"a changed profile", {"compute"}, FindingKind::profile_changed, Severity::high},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(SeverityPolicy().of(row.kind, row.classes), row.severity);
  }
}

TEST(JudgeSeverity, IsWhatASiteSets) {
  SeverityPolicy policy;
  policy.set(FindingKind::unexpected_port, Severity::medium);
  EXPECT_EQ(policy.of(FindingKind::unexpected_port, {"compute"}), Severity::medium);
  EXPECT_EQ(policy.of(FindingKind::unexpected_port, {"management"}), Severity::critical);
  policy.set("login", FindingKind::unexpected_port, Severity::informational);
  EXPECT_EQ(policy.of(FindingKind::unexpected_port, {"login"}), Severity::informational);
  EXPECT_EQ(policy.of(FindingKind::unexpected_port, {"compute", "login"}), Severity::medium)
      << "the other class has not been made an exception";
  policy.set("management", FindingKind::unexpected_port, Severity::low);
  EXPECT_EQ(policy.of(FindingKind::unexpected_port, {"management"}), Severity::low);
  EXPECT_EQ(policy.of(FindingKind::missing_port, {"management"}), Severity::high);
}

TEST(JudgeClones, TellAFirewallFromAHiddenListener) {
  const struct {
    const char* description;
    int nodes;
    int silent;
    Severity severity;
    const char* clones;
  } kRows[] = {
      {"one node alone: nothing to compare it with", 1, 1, Severity::high, ""},
      {"one of two", 2, 1, Severity::high, "1 of 2 closed"},
      {"both of two", 2, 2, Severity::informational, "0 of 2 closed"},
      {"one of many", 10, 1, Severity::high, "9 of 10 closed"},
      {"half", 10, 5, Severity::high, "5 of 10 closed"},
      {"most", 10, 6, Severity::informational, "4 of 10 closed"},
      {"all", 10, 10, Severity::informational, "0 of 10 closed"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    World world(row.nodes);
    for (int node = 1; node <= row.silent; ++node) world.show(node, 31337, PortState::filtered);
    const auto findings = world.judge();
    ASSERT_THAT(findings, SizeIs(static_cast<std::size_t>(row.silent)));
    for (const Finding& finding : findings) {
      EXPECT_EQ(finding.severity, row.severity);
      EXPECT_EQ(finding.clones, row.clones);
    }
  }
}

TEST(JudgeClones, AreThoseOfTheSameClassesAndNetworkThatWereExamined) {
  World world(5);
  world.profiles.push_back({"gpu", {}, {}});
  world.nodes[1].classes = {"compute", "gpu"};
  world.coverage[2].gap = CoverageGap::interrupted;
  world.coverage[2].asked = 700;
  for (int node = 1; node <= 3; ++node) world.show(node, 31337, PortState::filtered);
  EXPECT_THAT(world.told(),
              testing::IsSupersetOf(
                  {"high unexpected-filtered compute n1 31337/tcp filtered [silent]",
                   "high unexpected-filtered compute+gpu n2 31337/tcp filtered [silent]"}));
  const auto findings = world.judge();
  const auto first = std::ranges::find(findings, "n1", &Finding::node);
  EXPECT_EQ(first->clones, "2 of 3 closed") << "n1, n4 and n5";
}

TEST(JudgeClones, NeverExcuseAnOpenPort) {
  World world(3);
  for (int node = 1; node <= 3; ++node) world.show(node, 4444, PortState::open);
  const auto findings = world.judge();
  ASSERT_THAT(findings, SizeIs(3));
  EXPECT_EQ(findings[0].severity, Severity::high);
  EXPECT_EQ(findings[0].clones, "0 of 3 closed");
}

TEST(JudgeClones, ShowHowManyHaveAMissingPort) {
  World world(3);
  world.hide(1, 6818);
  const auto findings = world.judge();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].clones, "2 of 3 open");
  EXPECT_EQ(findings[0].expected, "open");
}

TEST(JudgeClones, CountANodeWithTwoAddressesOnce) {
  World world(2);
  world.add_address(1, IpAddress::parse("fd00::1").value(), {22, 4444});
  world.show(1, 4444, PortState::open);
  const auto findings = world.judge();
  ASSERT_THAT(findings, SizeIs(2)) << "one for each address";
  EXPECT_EQ(findings[0].clones, "1 of 2 closed");
  EXPECT_EQ(findings[1].clones, "1 of 2 closed");
}

TEST(JudgeTransient, IsAFindingOfItsOwn) {
  World world(2);
  world.show(2, 40000, PortState::open);
  world.transient = {world.observations.back()};
  world.hide(2, 40000);
  world.transient.push_back(world.transient.front());
  world.transient.back().node = "elsewhere";
  EXPECT_THAT(world.told(), ElementsAre("low transient-port compute n2 40000/tcp open [closed when "
                                        "it was asked again]"));
}

/// The approval of compute is changed.
auto approved(std::function<void(Approval&)> change) {
  return [change](World& w) {
    w.approved = w.approvals();
    change(w.approved->front());
  };
}

TEST(JudgeProfiles, ShouldBeWhatWasApproved) {
  const std::string kHigh = "high profile-changed compute  - ";
  check(
      2,
      {{"a row added by hand: it counts, and is told",
        [](World& w) {
          w.approved = w.approvals();
          w.profiles[0].ports.insert(w.profiles[0].ports.begin() + 2,
                                     {4444, Protocol::tcp, "", ""});
          for (int node = 1; node <= 2; ++node) w.show(node, 4444, PortState::open);
        },
        {kHigh + "[not as approved: +4444/tcp]"}},
       {"a row deleted",
        [](World& w) {
          w.approved = w.approvals();
          w.profiles[0].ports.pop_back();
          for (int node = 1; node <= 2; ++node) w.hide(node, 6818);
        },
        {kHigh + "[not as approved: -6818/tcp]"}},
       {"a service changed",
        [](World& w) {
          w.approved = w.approvals();
          w.profiles[0].ports[0].service = "ssh";
        },
        {kHigh + "[not as approved: +22/tcp service \"ssh\", -22/tcp]"}},
       {"what a service stands for changed",
        [](World& w) {
          w.profiles[0].ports[0] = {22, Protocol::tcp, "ours", "SSH-2.0-OpenSSH_9.2"};
          w.approved = w.approvals();
          w.profiles[0].ports[0].service_rule = "SSH-2.0-.*";
        },
        {kHigh + "[not as approved: +22/tcp service \"ours\" = \"SSH-2.0-.*\", -22/tcp service "
                 "\"ours\" = \"SSH-2.0-OpenSSH_9.2\"]"}},
       {"a rule added",
        [](World& w) {
          w.approved = w.approvals();
          w.profiles[0].rules = {rule(1024, 65535, Presence::optional)};
        },
        {kHigh + "[not as approved: +1024-65535/tcp optional]"}},
       {"a rule that holds longer",
        [](World& w) {
          w.profiles[0].rules = {rule(8000, 8000, Presence::optional, kNoon + 1h)};
          w.approved = w.approvals();
          w.profiles[0].rules[0].until.reset();
        },
        {kHigh + "[not as approved: +8000/tcp optional, -8000/tcp optional until "
                 "2026-07-01T13:00:00Z]"}},
       {"never approved",
        [](World& w) { w.approved.emplace(); },
        {kHigh + "[never approved: +111/tcp, +22/tcp, +6818/tcp]"}},
       {"approved, and deleted altogether",
        [](World& w) {
          w.approved = w.approvals();
          w.profiles.clear();
        },
        {kHigh + "[not as approved: -111/tcp, -22/tcp, -6818/tcp]",
         "medium coverage-gap compute n1 - [no profile for compute: learn and approve one first]",
         "medium coverage-gap compute n2 - [no profile for compute: learn and approve one first]"}},
       {"of a class that no node of the sweep is in",
        [](World& w) {
          w.approved = w.approvals();
          w.profiles.push_back({"login", {{4444, Protocol::tcp, "", ""}}, {}});
        },
        {}},
       {"a class whose name only begins alike",
        [](World& w) {
          w.approved = w.approvals();
          w.profiles.push_back({"compute2", {{4444, Protocol::tcp, "", ""}}, {}});
        },
        {}},
       {"the order of an approval by hand, each line once",
        approved([](Approval& a) { EXPECT_THAT(a.lines, SizeIs(3)); }),
        {}}});
}

TEST(JudgeProfiles, AreComparedOnEachNetwork) {
  World world(2);
  world.approved = world.approvals();
  world.profiles.push_back({"compute@fabric", {{988, Protocol::tcp, "", ""}}, {}});
  const auto findings = world.judge();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].node_class, "compute");
  EXPECT_EQ(findings[0].network, "fabric");
  EXPECT_EQ(findings[0].node, "");
  EXPECT_EQ(findings[0].detail, "never approved: +988/tcp");
}

TEST(JudgeProfiles, MakeEachChangeNews) {
  World world(1);
  world.approved = world.approvals();
  world.profiles[0].ports.push_back({7000, Protocol::tcp, "", ""});
  world.show(1, 7000, PortState::open);
  const auto first = world.judge();
  world.profiles[0].ports.push_back({7001, Protocol::tcp, "", ""});
  world.show(1, 7001, PortState::open);
  const auto second = world.judge();
  ASSERT_THAT(first, SizeIs(1));
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_NE(first[0].reason, second[0].reason) << "who acknowledged the first has not seen it";
}

TEST(JudgeProfiles, TellOfManyChangesInALine) {
  World world(1, {22});
  world.approved.emplace();
  for (Port port = 1000; port < 3000; ++port) {
    world.profiles[0].ports.push_back({port, Protocol::tcp, "", ""});
    world.show(1, port, PortState::open);
  }
  const auto findings = world.judge();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_LT(findings[0].detail.size(), 150U);
  EXPECT_THAT(findings[0].detail, testing::ContainsRegex(", and 19[0-9]+ more$"));
  EXPECT_LT(findings[0].reason.size(), 5000U);
}

/// Two networks are two worlds: what one shows says nothing of the other.
TEST(JudgeNetworks, AreJudgedApart) {
  World world(2);
  world.profiles.push_back({"compute@fabric", {{988, Protocol::tcp, "", ""}}, {}});
  for (int node = 1; node <= 2; ++node) {
    world.add_address(node, address_of(100 + node), {988}, CoverageGap::none, "fabric");
  }
  EXPECT_THAT(world.told(), IsEmpty());
  world.observations.push_back(
      {"n2", address_of(102), "fabric", Protocol::tcp, 22, PortState::open, Evidence::syn_ack});
  world.hide(1, 22);
  EXPECT_THAT(world.told(),
              ElementsAre("high unexpected-port compute n2 22/tcp open []",
                          "low missing-port compute n1 22/tcp closed [answered closed]"));
  EXPECT_EQ(world.judge()[0].network, "fabric");
}

/// However rules overlap, an expected or allowed port is no finding, and any other that is open is
/// in exactly one.
RC_GTEST_PROP(JudgeRules, TellOfEachOpenPortOnce, (const std::set<Port>& open)) {
  World world(1, {22});
  PortSet allowed;
  allowed.insert(22);
  const auto count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    const auto first = *rc::gen::inRange<Port>(1, 200);
    const auto presence = *rc::gen::element(Presence::required, Presence::optional, Presence::job);
    const bool holds = *rc::gen::arbitrary<bool>();
    PortRule made = rule(first, static_cast<Port>(first + 50), presence);
    if (!holds) made.until = kNoon;
    if (holds && presence != Presence::job) allowed = allowed | made.ports;
    world.profiles[0].rules.push_back(made);
  }
  std::set<Port> expected;
  for (const Port each : open) {
    const auto port = static_cast<Port>(each % 300 + 1);
    world.show(1, port, PortState::open);
    if (!allowed.contains(port)) expected.insert(port);
  }
  std::multiset<Port> found;
  for (const Finding& finding : world.judge()) {
    if (finding.kind == FindingKind::unexpected_port) found.insert(finding.port.value());
  }
  RC_ASSERT(found == std::multiset<Port>(expected.begin(), expected.end()));
}

}  // namespace
}  // namespace lockstep
