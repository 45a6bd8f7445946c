#include "control/service_questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lockstep::control {
namespace {

const WallTime kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 25};
const IpAddress kAddress = *IpAddress::parse("198.18.0.1");

/// One node, n1 of class compute, with the ports of `open` open.
struct Situation {
  std::vector<Node> nodes = {{"n1", {"compute"}, "", {{kAddress}}}};
  Profile profile{"compute", {}, {}};
  std::vector<PortObservation> observations;
  std::vector<ServiceFact> facts;
  std::vector<KnownKey> known_keys;
  std::vector<AlertRecord> alerts;
  std::set<std::string> busy;
  TellableServices tellable = {{"ssh", "http"}, {"openssh"}};

  void open(Port port) {
    observations.push_back(
        {"n1", kAddress, kDefaultNetwork, Protocol::tcp, port, PortState::open, Evidence::syn_ack});
  }
  void rule(Port port, Presence presence, std::uint32_t program = 0, std::string service = "") {
    PortRule made;
    made.ports.insert(port);
    made.presence = presence;
    made.rpc_program = program;
    made.service = std::move(service);
    profile.rules.push_back(made);
  }
  ServiceFact& said(Port port, const std::string& name, WallTime asked) {
    ServiceFact fact;
    fact.seen.node = "n1";
    fact.seen.address = kAddress;
    fact.seen.network = kDefaultNetwork;
    fact.seen.port = port;
    fact.seen.service.name = name;
    fact.asked = asked;
    facts.push_back(fact);
    return facts.back();
  }

  /// "22 ssh", "443 ssl/http", "40000 rpc:100021"
  std::vector<std::string> questions() const {
    CollectTarget target;
    target.node = "n1";
    target.address = kAddress;
    target.network = kDefaultNetwork;
    const std::vector<CollectTarget> targets = {target};
    const std::vector<Profile> profiles = {profile};
    std::vector<std::string> lines;
    for (const CollectTarget& each : service_targets({.nodes = nodes,
                                     .profiles = profiles,
                                     .targets = targets,
                                     .observations = observations,
                                     .facts = facts,
                                     .known_keys = known_keys,
                                     .alerts = alerts,
                                     .busy = busy,
                                     .tellable = tellable,
                                     .schedule = {},
                                     .now = kNow})) {
      for (const ServiceQuestion& question : each.questions) {
        std::string line = std::to_string(question.port);
        if (question.programs.empty()) {
          line += (question.expects_tls ? " ssl/" : " ") + question.expected;
        }
        for (const auto program : question.programs) line += " rpc:" + std::to_string(program);
        lines.push_back(line);
      }
    }
    return lines;
  }
};

TEST(ServiceQuestions, AreAboutWhatTheProfileExpects) {
  Situation world;
  world.profile.ports = {{22, Protocol::tcp, "OpenSSH 9.*|ssh", ""},
                         {80, Protocol::tcp, "", ""},
                         {443, Protocol::tcp, "https", ""},
                         {6818, Protocol::tcp, "our-daemon", ""}};
  world.rule(5000, Presence::required);
  world.rule(5001, Presence::optional);
  world.rule(5002, Presence::job);
  world.rule(40000, Presence::rpc, 100021);
  world.rule(22, Presence::service, 0, "dropbear");
  for (const int port : {22, 80, 443, 5000, 5001, 5002, 6818, 40000, 50000}) {
    world.open(static_cast<Port>(port));
  }
  world.said(6818, "http", kNow - std::chrono::days(2));
  const std::vector<std::string> questions = world.questions();
  ASSERT_EQ(questions.size(), 6U) << testing::PrintToString(questions);
  EXPECT_EQ(questions[0], "22 ssh") << "the first that can be told";
  EXPECT_EQ(questions[1], "80 http") << "by custom";
  EXPECT_EQ(questions[2], "443 ssl/http");
  EXPECT_EQ(questions[3].substr(0, 4), "5000");
  EXPECT_EQ(questions[4], "6818 http") << "as it answered before";
  EXPECT_EQ(questions[5], "40000 rpc:100021");
}

TEST(ServiceQuestions, AreDueOnceADay) {
  struct Row {
    const char* description;
    std::function<void(Situation&)> change;
    bool due;
  };
  const auto said = [](std::chrono::hours ago) {
    return [ago](Situation& world) { world.said(22, "ssh", kNow - ago); };
  };
  const auto alert = [](FindingKind kind, std::optional<Port> port, AlertStatus status) {
    return [=](Situation& world) {
      world.said(22, "ssh", kNow);
      AlertRecord record;
      record.node = "n1";
      record.subject.network = kDefaultNetwork;
      record.subject.kind = kind;
      record.subject.port = port;
      record.status = status;
      world.alerts.push_back(record);
    };
  };
  const Row rows[] = {
      {"never asked", [](Situation&) {}, true},
      {"an hour ago", said(std::chrono::hours(1)), false},
      {"about a day ago", said(std::chrono::hours(22)), true},
      {"in the future", said(-std::chrono::hours(100)), true},
      {"an alert", alert(FindingKind::service_mismatch, 22, AlertStatus::acknowledged), true},
      {"an alert that is over", alert(FindingKind::service_mismatch, 22, AlertStatus::resolved),
       false},
      {"an alert about another port", alert(FindingKind::service_mismatch, 23, AlertStatus::open),
       false},
      {"an alert about the port alone", alert(FindingKind::missing_port, 22, AlertStatus::open),
       false},
      {"an alert about the node's keys",
       alert(FindingKind::node_rebuilt, std::nullopt, AlertStatus::open), true},
      {"its keys are to be known anew",
       [](Situation& world) {
         world.said(22, "ssh", kNow).seen.service.hostkeys = {{"t", "K"}};
       },
       true},
      {"its keys are known",
       [](Situation& world) {
         world.said(22, "ssh", kNow).seen.service.hostkeys = {{"t", "K"}};
         world.known_keys = {{"n1", kDefaultNetwork, Protocol::tcp, 22, "t", "K"}};
       },
       false},
  };
  for (const Row& row : rows) {
    Situation world;
    world.profile.ports = {{22, Protocol::tcp, "ssh", ""}};
    world.open(22);
    row.change(world);
    EXPECT_EQ(world.questions().size(), row.due ? 1U : 0U) << row.description;
  }
}

TEST(ServiceQuestions, AreNotAskedWhereAJobMayRun) {
  Situation world;
  world.profile.ports = {{22, Protocol::tcp, "ssh", ""}};
  world.open(22);
  EXPECT_EQ(world.questions().size(), 1U);
  world.busy = {"n1"};
  EXPECT_EQ(world.questions().size(), 0U);
}

TEST(ServiceQuestions, WithoutAnAnswerAreAskedAgain) {
  CollectTarget target;
  target.node = "n1";
  target.address = kAddress;
  target.network = kDefaultNetwork;
  for (const int port : {22, 80, 111, 2222}) {
    target.questions.push_back({Protocol::tcp, static_cast<Port>(port)});
  }
  std::vector<ServiceObservation> services;
  for (const ServiceAnswer answer : {ServiceAnswer::spoke, ServiceAnswer::silent,
                                     ServiceAnswer::unreachable, ServiceAnswer::spoke}) {
    ServiceObservation& seen = services.emplace_back();
    seen.node = "n1";
    seen.address = kAddress;
    seen.network = kDefaultNetwork;
    seen.port = target.questions[services.size() - 1].port;
    seen.service.answer = answer;
  }
  services[3].service.doubt = ServiceDoubt::no_key_exchange;
  const auto again = questions_without_answer(std::vector{target}, services);
  ASSERT_EQ(again.size(), 1U);
  ASSERT_EQ(again[0].questions.size(), 3U);
  EXPECT_EQ(again[0].questions[0].port, 80);
  EXPECT_EQ(again[0].questions[1].port, 111);
  EXPECT_EQ(again[0].questions[2].port, 2222) << "it may have more connections than it takes";
}

}  // namespace
}  // namespace lockstep::control
