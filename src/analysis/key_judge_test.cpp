#include "analysis/key_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/test_services.h"
#include "analysis/test_world.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

KeyVerdict verdict_of(const World& world) {
  return world.judged_by(
      [](const JudgeInput& input) { return judge_keys(input, ServicePlaces(input)); });
}

/// What a sweep that finds nothing known leaves behind.
void get_to_know(World& world) {
  const KeyVerdict verdict = verdict_of(world);
  world.known_keys.insert(world.known_keys.end(), verdict.learned.begin(), verdict.learned.end());
  std::ranges::sort(world.known_keys);
}

/// Each with a key of its own, which is known.
World known_nodes(int count) {
  World world(count);
  for (int number = 1; number <= count; ++number) {
    world.answer(number, 22,
                 an_sshd({{"ecdsa", fmt::format("E{}", number)},
                          {"ssh-ed25519", fmt::format("K{}", number)}}));
  }
  get_to_know(world);
  return world;
}

TEST(KeyJudge, LearnsWhatIsSeenFirst) {
  World world = known_nodes(2);
  EXPECT_EQ(world.known_keys.size(), 4U);
  EXPECT_EQ(world.known_keys[0].sha256, "E1");
  EXPECT_EQ(world.known_keys[0].by, "");
  EXPECT_THAT(world.told(), IsEmpty());
  EXPECT_THAT(verdict_of(world).learned, IsEmpty()) << "nothing is learned twice";
}

TEST(KeyJudge, HostKeysByPolicy) {
  struct Row {
    const char* description;
    KeyPolicy policy;
    std::vector<ServiceKey> keys;
    std::vector<std::string> told;
    std::size_t learned;
  };
  const std::string changed =
      "critical hostkey-changed compute n2 22/tcp [not the host key known: ";
  const Row rows[] = {
      {"as known", KeyPolicy::own, {{"ecdsa", "E2"}, {"ssh-ed25519", "K2"}}, {}, 0},
      {"one of them only", KeyPolicy::own, {{"ssh-ed25519", "K2"}}, {}, 0},
      {"another key", KeyPolicy::own, {{"ssh-ed25519", "X"}}, {changed + "ssh-ed25519]"}, 0},
      {"one of two is another",
       KeyPolicy::own,
       {{"ecdsa", "E2"}, {"ssh-ed25519", "X"}},
       {changed + "ssh-ed25519]"},
       0},
      {"of another type, and none that is known",
       KeyPolicy::own,
       {{"ssh-rsa", "R"}},
       {changed + "ssh-rsa]"},
       0},
      {"of another type beside one that is known",
       KeyPolicy::own,
       {{"ssh-ed25519", "K2"}, {"ssh-rsa", "R"}},
       {},
       1},
      {"all new after a boot",
       KeyPolicy::boot,
       {{"ecdsa", "Y"}, {"ssh-ed25519", "X"}},
       {"informational node-rebuilt compute n2 - [new keys, as its class may have after a boot]"},
       0},
      {"one is new, which no boot makes",
       KeyPolicy::boot,
       {{"ecdsa", "E2"}, {"ssh-ed25519", "X"}},
       {changed + "ssh-ed25519]"},
       0},
      {"that of a clone, which it may share", KeyPolicy::shared, {{"ssh-ed25519", "K1"}}, {}, 0},
      {"that of nobody", KeyPolicy::shared, {{"ssh-ed25519", "X"}}, {changed + "ssh-ed25519]"}, 0},
      {"no key told", KeyPolicy::own, {}, {}, 0},
  };
  for (const Row& row : rows) {
    World world = known_nodes(3);
    world.service_policy.keys.set("compute", row.policy);
    world.answer(2, 22, an_sshd(row.keys));
    EXPECT_EQ(world.told(), row.told) << row.description;
    EXPECT_EQ(verdict_of(world).learned.size(), row.learned) << row.description;
  }
}

TEST(KeyJudge, OnlyARebuiltNodeIsKnownAnew) {
  World world = known_nodes(2);
  world.service_policy.keys.set("compute", KeyPolicy::boot);
  world.known_keys.push_back({"n2", "management", Protocol::tcp, 2222, "ssh-ed25519", "Z", kNoon});
  world.answer(2, 22, an_sshd({{"ssh-ed25519", "X"}}));
  const KeyVerdict verdict = verdict_of(world);
  ASSERT_EQ(verdict.rebuilt.size(), 1U);
  std::vector<std::string> known;
  for (const KnownKey& key : verdict.rebuilt.at("n2")) known.push_back(key.sha256);
  EXPECT_THAT(known, ElementsAre("X", "Z")) << "of 22 the new one alone, of 2222 as it was";
}

TEST(KeyJudge, AKeyOfTwoNodes) {
  World world = known_nodes(3);
  world.answer(2, 22, an_sshd({{"ecdsa", "E1"}, {"ssh-ed25519", "K1"}}));
  const std::string shared = " 22/tcp [the same host key on several nodes: E1]";
  EXPECT_THAT(
      world.told(),
      ElementsAre(
          "critical hostkey-changed compute n2 22/tcp [not the host key known: ecdsa, ssh-ed25519]",
          "critical hostkey-shared compute n1" + shared,
          "critical hostkey-shared compute n2" + shared));

  // The other node need not be in the sweep.
  std::erase_if(world.services, [](const ServiceObservation& seen) { return seen.node == "n1"; });
  const auto told = world.told();
  EXPECT_THAT(told, testing::Contains("critical hostkey-shared compute n2" + shared));
  EXPECT_EQ(told.size(), 2U);

  world.service_policy.keys.set("compute", KeyPolicy::shared);
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(KeyJudge, WhatAnImpostorShowedCountsWhereItIsNotAsked) {
  World world = known_nodes(3);
  const ServiceObservation own = world.services[0];
  ServiceObservation copy = own;
  copy.node = "n2";
  copy.address = address_of(2);
  world.services = {own};
  world.service_facts = {{copy, kNoon}};
  EXPECT_THAT(world.told(), ElementsAre("critical hostkey-shared compute n1 22/tcp [the same host "
                                        "key on several nodes: E1]"));
  // At an address that it has no more, that was somebody else.
  ServiceObservation later = copy;
  later.address = address_of(9);
  later.service = an_sshd({{"ssh-ed25519", "K2"}});
  world.service_facts.push_back({later, kNoon + std::chrono::hours(1)});
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(KeyJudge, AKeyThatANodeHadBeforeIsNobodys) {
  World world = known_nodes(2);
  world.service_policy.keys.set("compute", KeyPolicy::boot);
  world.answer(1, 22, an_sshd({{"ssh-ed25519", "X"}}));
  world.answer(2, 22, an_sshd({{"ssh-ed25519", "K1"}}));
  for (const std::string& line : world.told()) {
    EXPECT_THAT(line, testing::StartsWith("informational node-rebuilt"));
  }
}

TEST(KeyJudge, TwoAddressesOfANodeAreOne) {
  World world = known_nodes(2);
  world.add_address(2, address_of(9), {22});
  world.services.push_back(
      {"n2", address_of(9), "management", Protocol::tcp, 22, an_sshd({{"ssh-ed25519", "K2"}}), ""});
  EXPECT_TRUE(std::ranges::none_of(world.told(), [](const std::string& line) {
    return line.find("hostkey") != std::string::npos;
  }));
}

TEST(KeyJudge, Certificates) {
  struct Row {
    const char* description;
    KeyPolicy policy;
    Service seen;
    std::vector<std::string> told;
    std::size_t learned;
  };
  const Row rows[] = {
      {"as known", KeyPolicy::own, a_tls_server("C", "K"), {}, 0},
      {"another key",
       KeyPolicy::own,
       a_tls_server("D", "L"),
       {"high certificate-changed compute n1 22/tcp [not the TLS key known]"},
       0},
      {"renewed",
       KeyPolicy::own,
       a_tls_server("D", "K"),
       {"low certificate-changed compute n1 22/tcp [a new certificate for the same key]"},
       1},
      {"another certificate, and no key that can be read",
       KeyPolicy::own,
       a_tls_server("D", ""),
       {"high certificate-changed compute n1 22/tcp [not the TLS key known]"},
       0},
      {"after a boot",
       KeyPolicy::boot,
       a_tls_server("D", "L"),
       {"informational node-rebuilt compute n1 - [new keys, as its class may have after a boot]"},
       0},
  };
  for (const Row& row : rows) {
    World world(1);
    world.answer(1, 22, a_tls_server("C", "K"));
    get_to_know(world);
    world.service_policy.keys.set("compute", row.policy);
    world.answer(1, 22, row.seen);
    EXPECT_EQ(world.told(), row.told) << row.description;
    EXPECT_EQ(verdict_of(world).learned.size(), row.learned) << row.description;
  }
}

TEST(KeyJudge, LearnsNothingOfADoubtedAnswer) {
  World world(1);
  Service sshd = an_sshd({{"ssh-ed25519", "K"}});
  sshd.doubt = ServiceDoubt::two_answers;
  world.answer(1, 22, sshd);
  EXPECT_THAT(verdict_of(world).learned, IsEmpty());

  // Nor is it taken for a node that was built anew.
  world = known_nodes(1);
  world.service_policy.keys.set("compute", KeyPolicy::boot);
  world.answer(1, 22, sshd);
  const KeyVerdict verdict = verdict_of(world);
  EXPECT_THAT(verdict.rebuilt, IsEmpty());
  ASSERT_EQ(verdict.findings.size(), 1U);
  EXPECT_EQ(verdict.findings[0].kind, FindingKind::hostkey_changed);
}

TEST(KeyJudge, LearnsNothingWhereSomethingElseAnswers) {
  World world(2);
  for (const int number : {1, 2}) {
    world.answer(number, 22, an_sshd({{"ssh-ed25519", fmt::format("K{}", number)}}));
  }
  std::vector<KnownKey> learned = verdict_of(world).learned;
  Finding misfit;
  misfit.kind = FindingKind::service_mismatch;
  misfit.severity = Severity::high;
  misfit.node = "n1";
  misfit.network = learned.at(0).network;
  misfit.protocol = Protocol::tcp;
  misfit.port = 22;
  Finding hint = misfit;
  hint.node = "n2";
  hint.severity = Severity::informational;
  leave_out_misfits(learned, std::vector<Finding>{misfit, hint});
  ASSERT_EQ(learned.size(), 1U);
  EXPECT_EQ(learned[0].node, "n2");
}

TEST(KeyJudge, AnAddressThatWasNotBuiltAnewStaysKnown) {
  World world(1);
  world.service_policy.keys.set("compute", KeyPolicy::boot);
  world.add_address(1, address_of(9), {22});
  world.answer(1, 22, an_sshd({{"ssh-ed25519", "X"}}));
  world.services.push_back(
      {"n1", address_of(9), "management", Protocol::tcp, 22, an_sshd({{"ssh-ed25519", "B"}}), ""});
  for (const char* const key : {"A", "B"}) {
    world.known_keys.push_back({"n1", "management", Protocol::tcp, 22, "ssh-ed25519", key, kNoon});
  }
  std::vector<std::string> known;
  for (const KnownKey& key : verdict_of(world).rebuilt["n1"]) known.push_back(key.sha256);
  EXPECT_THAT(known, ElementsAre("B", "X"));
}

TEST(KeyJudge, ANodeThatWasRenamedKeepsItsKey) {
  World world = known_nodes(2);
  Inventory inventory;
  for (const Node& node : world.nodes) inventory.nodes.emplace(node.name, node);
  world.inventory = &inventory;
  world.known_keys.push_back({"old", "management", Protocol::tcp, 22, "ssh-ed25519", "K1", kNoon});
  EXPECT_THAT(world.told(), IsEmpty());
  inventory.nodes["old"].name = "old";
  EXPECT_EQ(world.told().size(), 1U) << "of the cluster, and not in the sweep";
}

TEST(KeyJudge, AtTheFirstLookAClassSharesWhatNearlyAllShow) {
  World world(5);
  for (int number = 1; number <= 5; ++number) {
    world.answer(number, 22, an_sshd({{"ssh-ed25519", number == 3 ? "X" : "K"}}));
  }
  world.service_policy.keys.set("compute", KeyPolicy::shared);
  EXPECT_THAT(world.told(), ElementsAre("critical hostkey-changed compute n3 22/tcp [not the host "
                                        "key known: ssh-ed25519]"));
  get_to_know(world);
  EXPECT_EQ(world.known_keys.size(), 4U);
  EXPECT_EQ(world.told().size(), 1U);
  world.answer(3, 22, an_sshd({{"ssh-ed25519", "K"}}));
  EXPECT_THAT(world.told(), IsEmpty());

  // Two of three say nothing about the third.
  world.known_keys.clear();
  std::erase_if(world.services, [](const ServiceObservation& seen) { return seen.node > "n3"; });
  world.answer(3, 22, an_sshd({{"ssh-ed25519", "X"}}));
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(KeyJudge, ManyKeysOfAClassAreNamedInPart) {
  World world = known_nodes(9);
  world.service_policy.keys.set("compute", KeyPolicy::shared);
  world.answer(2, 22, an_sshd({{"ssh-ed25519", "X"}}));
  ASSERT_EQ(verdict_of(world).findings.size(), 1U);
  EXPECT_EQ(verdict_of(world).findings[0].expected, "K1 or K2 or K3 or 6 more");
}

// Clones of one image: quadratic work would take minutes.
TEST(KeyJudge, OneKeyOfManyClonesIsJudgedAtOnce) {
  constexpr int kNodes = 20'000;
  World world(0);
  for (int number = 1; number <= kNodes; ++number) {
    const std::string name = fmt::format("n{}", number);
    world.nodes.push_back({name, {"compute"}, "", {}});
    world.services.push_back({name, address_of(number), "management", Protocol::tcp, 22,
                              an_sshd({{"ssh-ed25519", "K"}}), ""});
  }
  const KeyVerdict verdict = verdict_of(world);
  ASSERT_EQ(verdict.findings.size(), static_cast<std::size_t>(kNodes));
  EXPECT_EQ(verdict.findings[0].clones, "also on n10 and 19998 more");
}

TEST(KeyJudge, TlsKeysMayBeOfManyNodes) {
  World world(2);
  for (const int number : {1, 2}) world.answer(number, 22, a_tls_server("C", "K"));
  EXPECT_THAT(world.told(), IsEmpty());
}

}  // namespace
}  // namespace lockstep
