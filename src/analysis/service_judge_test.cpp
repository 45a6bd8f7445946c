#include "analysis/service_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "analysis/test_services.h"
#include "analysis/test_world.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Five nodes whose port 22 should be an SSH server, and 6818 a slurmd.
World five_nodes(const std::string& on_22 = "ssh") {
  World world(5);
  world.want(22, on_22);
  world.want(6818, "slurmd");
  world.service_policy.tellable = {{"ssh", "http", "slurmd"}, {"openssh"}};
  for (int number = 1; number <= 5; ++number) {
    world.answer(number, 22, a_service("ssh", "OpenSSH", "9.2p1"));
    world.answer(number, 6818, a_service("slurmd"));
  }
  return world;
}

Service that_answers(ServiceAnswer answer) {
  Service service;
  service.answer = answer;
  return service;
}

Service in_doubt(ServiceDoubt doubt) {
  Service service = a_service("ssh", "OpenSSH", "9.2p1");
  service.doubt = doubt;
  return service;
}

TEST(ServiceJudge, ComparesWhatAnswersWithTheProfile) {
  struct Row {
    const char* description;
    std::string wanted;
    Service seen;
    std::vector<std::string> told;
  };
  const std::string compute = " compute n3 22/tcp ";
  const Row rows[] = {
      {"as it should be", "ssh", a_service("ssh", "OpenSSH", "9.2p1"), {}},
      {"product and version too", "OpenSSH 9.*", a_service("ssh", "OpenSSH", "9.2p1"), {}},
      {"another service",
       "ssh",
       a_service("http", "SimpleHTTPServer", "0.6"),
       {"high service-mismatch" + compute + "[answers as http SimpleHTTPServer 0.6]"}},
      {"another product",
       "OpenSSH",
       a_service("ssh", "dropbear"),
       {"high service-mismatch" + compute + "[answers as ssh dropbear]"}},
      {"within TLS, and it should not be",
       "http",
       a_tls_server("c", "k"),
       {"high service-mismatch" + compute + "[answers as ssl/http nginx 1.22]"}},
      {"a shell",
       "ssh",
       a_service("shell"),
       {"critical service-mismatch" + compute + "[answers as shell]"}},
      {"nothing that is known",
       "ssh",
       a_service(""),
       {"high service-mismatch" + compute + "[answers as no service that is known]"}},
      {"nothing that is known, and nobody knows what is expected",
       "our-daemon",
       a_service(""),
       {"informational service-mismatch" + compute +
        "[answers as no service that is known, and what is expected has no signature]"}},
      {"another service where nobody knows what is expected",
       "our-daemon",
       a_service("ssh"),
       {"high service-mismatch" + compute + "[answers as ssh]"}},
      {"silent",
       "ssh",
       that_answers(ServiceAnswer::silent),
       {"medium service-silent" + compute + "[accepts connections and says nothing]"}},
      {"hangs up",
       "ssh",
       that_answers(ServiceAnswer::hung_up),
       {"medium service-silent" + compute + "[ends connections without a word]"}},
      {"no connection", "ssh", that_answers(ServiceAnswer::unreachable), {}},
      {"its reader failed",
       "ssh",
       that_answers(ServiceAnswer::lost),
       {"high service-mismatch" + compute + "[what it said made its reader fail]"}},
      {"no keys",
       "ssh",
       in_doubt(ServiceDoubt::no_key_exchange),
       {"high service-mismatch" + compute +
        "[says that it is an SSH server, and exchanges no keys]"}},
      {"two answers",
       "",
       in_doubt(ServiceDoubt::two_answers),
       {"high service-mismatch" + compute + "[answers a second connection otherwise]"}},
      {"not checked", "", a_service("http"), {}},
      {"not checked, and a shell",
       "",
       a_service("shell"),
       {"critical service-mismatch" + compute + "[answers as shell]"}},
      {"not checked, and silent", "", that_answers(ServiceAnswer::silent), {}},
  };
  for (const Row& row : rows) {
    World world = five_nodes(row.wanted);
    // The others are as they should be, whatever that is.
    std::erase_if(world.services, [](const ServiceObservation& seen) { return seen.port == 22; });
    world.answer(3, 22, row.seen);
    EXPECT_EQ(world.told(), row.told) << row.description;
  }
}

TEST(ServiceJudge, OfTheSameCauseIsOneSubject) {
  World world = five_nodes();
  for (const int number : {2, 4}) world.answer(number, 6818, a_service("http"));
  const std::vector<Finding> findings = world.judge();
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].reason, findings[1].reason);
  EXPECT_EQ(findings[0].detail, findings[1].detail);
  EXPECT_EQ(findings[0].expected, "slurmd");
}

TEST(ServiceJudge, AnotherGenerationMayAnswerUntilADate) {
  World world = five_nodes("OpenSSH 9.2p1");
  for (const int number : {1, 2}) world.answer(number, 22, a_service("ssh", "OpenSSH", "9.6p1"));
  EXPECT_EQ(world.told().size(), 2U);
  PortRule rule;
  rule.ports.insert(22);
  rule.presence = Presence::service;
  rule.service = "OpenSSH 9.6p1";
  rule.until = world.now + std::chrono::hours(1);
  world.profiles[0].rules.push_back(rule);
  EXPECT_THAT(world.told(), IsEmpty());
  world.now += std::chrono::hours(2);
  EXPECT_EQ(world.told().size(), 2U);
}

TEST(ServiceJudge, ComparesVersionsOfClones) {
  struct Row {
    const char* description;
    std::vector<std::string> versions;  // of n1, n2, ...
    std::string wanted;
    std::vector<std::string> told;
  };
  const Row rows[] = {
      {"all alike", {"9.2", "9.2", "9.2", "9.2", "9.2"}, "ssh", {}},
      {"one is older",
       {"9.2", "9.2", "8.9", "9.2", "9.2"},
       "ssh",
       {"medium version-drift compute n3 22/tcp [OpenSSH 8.9, its clones 9.2]"}},
      {"one is newer",
       {"9.2", "9.2", "9.10", "9.2", "9.2"},
       "ssh",
       {"low version-drift compute n3 22/tcp [OpenSSH 9.10, its clones 9.2]"}},
      {"half are", {"9.2", "9.2", "9.6", "9.6", "9.6"}, "ssh", {}},
      {"half are, and one is of neither",
       {"9.2", "9.2", "8.9", "9.6", "9.6"},
       "ssh",
       {"medium version-drift compute n3 22/tcp [OpenSSH 8.9, its clones 9.2 or 9.6]"}},
      {"and newer than both",
       {"9.2", "9.2", "9.8", "9.6", "9.6"},
       "ssh",
       {"low version-drift compute n3 22/tcp [OpenSSH 9.8, its clones 9.2 or 9.6]"}},
      {"all different", {"9.1", "9.2", "9.3", "9.4", "9.5"}, "ssh", {}},
      {"too few", {"9.2", "9.2", "8.9"}, "ssh", {}},
      {"not told", {"9.2", "9.2", "", "9.2", "9.2"}, "ssh", {}},
      {"the profile names versions", {"9.2", "9.2", "8.9", "9.2", "9.2"}, "OpenSSH *", {}},
  };
  for (const Row& row : rows) {
    World world(static_cast<int>(row.versions.size()));
    world.want(22, row.wanted);
    int number = 0;
    for (const std::string& version : row.versions) {
      world.answer(++number, 22, a_service("ssh", "OpenSSH", version));
    }
    EXPECT_EQ(world.told(), row.told) << row.description;
  }
}

TEST(ServiceJudge, ComparesProductsOfClones) {
  struct Row {
    const char* description;
    std::vector<Service> services;  // of n1, n2, ...
    std::string wanted;
    std::vector<std::string> told;
  };
  const Service exporter = a_service("http", "node_exporter", "1.5.0");
  const Service other = a_service("http", "SimpleHTTPServer", "0.6");
  const Service bare = a_service("http");
  const std::string drift = "medium version-drift compute n3 22/tcp ";
  const Row rows[] = {
      {"another product",
       {exporter, exporter, other, exporter, exporter},
       "http",
       {drift + "[http SimpleHTTPServer 0.6, its clones node_exporter]"}},
      {"none",
       {exporter, exporter, bare, exporter, exporter},
       "http",
       {drift + "[http, its clones node_exporter]"}},
      {"half are", {exporter, exporter, other, other, other}, "http", {}},
      {"most tell none", {bare, bare, exporter, bare, bare}, "http", {}},
      {"the profile names them",
       {exporter, exporter, other, exporter, exporter},
       "node_exporter|SimpleHTTPServer",
       {}},
      {"another service, and the profile says nothing",
       {exporter, exporter, a_service("ssh"), exporter, exporter},
       "",
       {drift + "[ssh, its clones http]"}},
      {"nothing that is known, likewise",
       {exporter, exporter, a_service(""), exporter, exporter},
       "",
       {drift + "[no service that is known, its clones http]"}},
      {"another service, as the profile allows",
       {exporter, exporter, a_service("ssh"), exporter, exporter},
       "http|ssh",
       {}},
      {"in doubt is no clone",
       {exporter, exporter, other, exporter, in_doubt(ServiceDoubt::two_answers)},
       "",
       {"high service-mismatch compute n5 22/tcp [answers a second connection otherwise]"}},
  };
  for (const Row& row : rows) {
    World world(static_cast<int>(row.services.size()));
    world.want(22, row.wanted);
    int number = 0;
    for (const Service& service : row.services) world.answer(++number, 22, service);
    EXPECT_EQ(world.told(), row.told) << row.description;
  }
}

// A version that names the node: quadratic work would take minutes.
TEST(ServiceJudge, VersionsOfManyNodesAreCountedOnce) {
  constexpr int kNodes = 30'000;
  World world(0);
  for (int number = 1; number <= kNodes; ++number) {
    const std::string name = fmt::format("n{}", number);
    world.nodes.push_back({name, {"compute"}, "", {}});
    world.services.push_back({name, address_of(number), "management", Protocol::tcp, 22,
                              a_service("ssh", "OpenSSH", name), ""});
  }
  EXPECT_TRUE(world
                  .judged_by([](const JudgeInput& input) {
                    return judge_services(input, ServicePlaces(input));
                  })
                  .empty());
}

TEST(ServiceJudge, WhatClonesSaidBeforeCounts) {
  World world = five_nodes();
  for (const ServiceObservation& seen : world.services) {
    if (seen.node != "n3") world.service_facts.push_back({seen, kNoon});
  }
  std::erase_if(world.services, [](const ServiceObservation& seen) { return seen.node != "n3"; });
  world.answer(3, 22, a_service("ssh", "OpenSSH", "8.9"));
  // The classes of nodes that are in the sweep are known; all are.
  EXPECT_THAT(world.told(), ElementsAre("medium version-drift compute n3 22/tcp "
                                        "[OpenSSH 8.9, its clones 9.2p1]"));
}

TEST(ServiceJudge, RpcPortsAreJudgedByProgram) {
  World world(1);
  world.show(1, 40001, PortState::open);
  PortRule rule;
  for (Port port = 40000; port < 40010; ++port) rule.ports.insert(port);
  rule.presence = Presence::rpc;
  rule.rpc_program = 100021;
  world.profiles[0].rules.push_back(rule);
  const auto severity = [&] {
    const std::vector<Finding> findings = world.judge();
    return findings.empty() ? std::string("none") : std::string(to_string(findings[0].severity));
  };
  EXPECT_EQ(severity(), "informational") << "not asked";
  Service lockd = a_service("nlockmgr");
  lockd.programs = {{100021, 1, 4}};
  world.answer(1, 40001, lockd);
  EXPECT_EQ(severity(), "none") << "the program answered a call";
  lockd.programs = {{100005, 1, 3}};
  world.answer(1, 40001, lockd);
  EXPECT_EQ(severity(), "high") << "another program did";
  world.answer(1, 40001, that_answers(ServiceAnswer::silent));
  EXPECT_EQ(severity(), "informational") << "nobody did";
}

}  // namespace
}  // namespace lockstep
