#include "profiles/learn_services.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lockstep {
namespace {

ServiceObservation said(const std::string& node, const std::string& name, bool tls = false) {
  ServiceObservation seen;
  seen.node = node;
  seen.port = 22;
  seen.service.name = name;
  seen.service.tls = tls;
  return seen;
}

ServiceObservation silent(const std::string& node) {
  ServiceObservation seen = said(node, "");
  seen.service.answer = ServiceAnswer::silent;
  return seen;
}

ServiceObservation doubtful(const std::string& node) {
  ServiceObservation seen = said(node, "telnet");
  seen.service.doubt = ServiceDoubt::two_answers;
  return seen;
}

TEST(LearnServices, NamesWhatNodesHaveInCommon) {
  struct Row {
    const char* description;
    std::vector<ServiceObservation> services;
    double share;
    std::string learned;
  };
  const Row rows[] = {
      {"one node", {said("n1", "ssh")}, 1, "ssh"},
      {"within TLS", {said("n1", "http", true)}, 1, "ssl/http"},
      {"nobody was asked", {}, 1, ""},
      {"it is not known", {said("n1", "")}, 1, ""},
      {"nearly all", {said("n1", "ssh"), said("n2", "ssh"), said("n3", "http")}, 0.6, "ssh"},
      {"too few", {said("n1", "ssh"), said("n2", "ssh"), said("n3", "http")}, 0.98, ""},
      {"what is not known counts against it", {said("n1", "ssh"), said("n2", "")}, 0.98, ""},
      {"silence does not", {said("n1", "ssh"), silent("n2")}, 0.98, "ssh"},
      {"nor what does not hold together", {said("n1", "ssh"), doubtful("n2")}, 0.98, "ssh"},
  };
  for (const Row& row : rows) {
    Profile profile{"compute", {{22, Protocol::tcp, "", ""}, {111, Protocol::tcp, "", ""}}, {}};
    learn_services(profile, row.services, row.share);
    EXPECT_EQ(profile.ports[0].service, row.learned) << row.description;
    EXPECT_EQ(profile.ports[1].service, "") << row.description;
  }
}

TEST(LearnServices, WhatIsInUseStaysWhereNothingWasLearned) {
  const Profile in_use{
      "compute", {{22, Protocol::tcp, "ssh", ""}, {111, Protocol::tcp, "rpc", "rpcbind*"}}, {}};
  Profile learned{"compute",
                  {{22, Protocol::tcp, "dropbear", ""},
                   {80, Protocol::tcp, "", ""},
                   {111, Protocol::tcp, "", ""}},
                  {}};
  keep_services(learned, in_use);
  EXPECT_EQ(learned.ports[0].service, "dropbear");
  EXPECT_EQ(learned.ports[1].service, "");
  EXPECT_EQ(learned.ports[2].service, "rpc");
  EXPECT_EQ(learned.ports[2].service_rule, "rpcbind*");
}

}  // namespace
}  // namespace lockstep
