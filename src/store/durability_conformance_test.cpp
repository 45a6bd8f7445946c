// What was acknowledged stays, and what was not leaves no half: writers that are killed, and
// schemas that are brought up to date.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "store/sql/sql_store.h"
#include "store/test_backends.h"
#include "store/test_children.h"
#include "store/test_samples.h"
#include "store/test_schemas.h"

namespace lockstep {
namespace {

using samples::at;
using testing::HasSubstr;

class Durability : public StoreTest {};
LOCKSTEP_ON_ALL_BACKENDS(Durability);

/// Generation N: ports 1 to 40, each with the service "N".
Profile generation(int number) {
  Profile profile{"compute", {}, {}};
  for (Port port = 1; port <= 40; ++port) {
    profile.ports.push_back({port, Protocol::tcp, std::to_string(number), ""});
  }
  return profile;
}

bool approve_generation(Store& store, int number) {
  const Approval approval = {"compute", {std::to_string(number)}, at(number), "kim"};
  return store.approve(generation(number), approval).has_value();
}

TEST_P(Durability, ProfilesSurviveTheKillingOfTheirWriter) {
  for (int round = 0; round < 4; ++round) {
    const int acknowledged = kill_while_writing(url_, approve_generation, 3 + 7 * round);
    const auto store = open();
    const auto found = store->profile("compute");
    ASSERT_TRUE(found.has_value()) << found.error().message();
    const int number = std::stoi(found->ports.front().service);
    EXPECT_GE(number, acknowledged);
    EXPECT_LE(number, acknowledged + 1) << "at most one write was under way";
    EXPECT_EQ(*found, generation(number)) << "whole, never half";
    EXPECT_EQ(store->approvals().value().front().at, at(number));
  }
}

/// The ports of sweep N: 200 of them, from N on.
std::vector<PortObservation> harvest(int number) {
  std::vector<PortObservation> states;
  for (int i = 0; i < 200; ++i) states.push_back(samples::seen("n1", 1, Port(number + i)));
  return states;
}

/// 60 ports of which each tells the number of the sweep.
std::vector<ServiceObservation> answers(int number) {
  std::vector<ServiceObservation> services;
  for (Port port = 1; port <= 60; ++port) {
    services.push_back(samples::asked("n1", 1, port));
    services.back().service.version = std::to_string(number);
    services.back().service.hostkeys = {{"ssh-ed25519", std::to_string(number)}};
  }
  return services;
}

bool keep_sweep(Store& store, int number) {
  const auto id = store.begin_sweep(samples::claim({"n1"}, number, PortSet::all()), samples::dead);
  if (!id) return false;
  const std::vector<Coverage> coverage = {samples::covered("n1", 1)};
  SweepEnd end = samples::end(number);
  end.probes = static_cast<std::uint64_t>(number);
  const auto raise = [&](const std::vector<AlertRecord>&) -> Result<AlertChanges> {
    AlertChanges changes;
    for (int i = 1; i <= 20; ++i) {
      changes.written.push_back(samples::alert(i, "n1"));
      changes.written.back().note = std::to_string(number);
    }
    return changes;
  };
  const std::vector<KnownKey> keys = {samples::known("n1", std::to_string(number), number)};
  return store.finish_sweep(*id, end, {harvest(number), coverage, answers(number), keys}, raise)
      .has_value();
}

/// The newest sweep that is in the store: all of it, and nothing of another.
int whole_sweep(Store& store) {
  const auto sweeps = store.sweeps(2).value();
  const bool begun = sweeps.front().state == SweepState::running;
  const SweepInfo& last = sweeps.at(begun ? 1 : 0);
  const int number = static_cast<int>(last.probes);
  std::vector<PortObservation> found;
  const auto facts = store.port_states().value();
  for (const PortFact& fact : facts) found.push_back(fact.seen);
  EXPECT_TRUE(found == harvest(number));
  const auto looks = store.looks().value().looks;
  EXPECT_EQ(looks.at(0).sweep, last.id);
  EXPECT_EQ(looks.at(0).examined, at(number));
  std::vector<ServiceObservation> said;
  const auto services = store.services().value();
  for (const ServiceFact& fact : services) said.push_back(fact.seen);
  EXPECT_TRUE(said == answers(number));
  const auto keys = store.known_keys().value();
  EXPECT_EQ(std::ranges::max(keys, {}, &KnownKey::since),
            samples::known("n1", std::to_string(number), number));
  const auto alerts = store.alerts().value();
  for (const AlertRecord& each : alerts) {
    EXPECT_EQ(each.note, std::to_string(number));
  }
  return number;
}

TEST_P(Durability, SweepsAndAlertsSurviveTheKillingOfTheirWriter) {
  for (int round = 0; round < 4; ++round) {
    const int acknowledged = kill_while_writing(url_, keep_sweep, 2 + 5 * round);
    const int number = whole_sweep(*open());
    EXPECT_GE(number, acknowledged);
    EXPECT_LE(number, acknowledged + 1) << "at most one write was under way";
  }
}

// --- Schemas ---

TEST_P(Durability, AStoreOfVersionOneIsBroughtUpToDate) {
  sql(kFirstVersion);
  const auto store = open();
  EXPECT_EQ(store->profile("compute").value(),
            (Profile{"compute", {{22, Protocol::tcp, "ssh", ""}}, {}}));
  EXPECT_EQ(sql("SELECT version FROM schema_version ORDER BY version;"), "1\n2\n3\n4\n5\n");
  EXPECT_EQ(sql("SELECT node FROM node_addresses;"), "n1\n");
  EXPECT_TRUE(keep_sweep(*store, 1));
  EXPECT_EQ(whole_sweep(*open()), 1);
}

std::string second_version(const Backend& backend) {
  constexpr std::string_view kMark = "{clustered}";
  std::string text = std::string(kFirstVersion) + kSecondVersion;
  for (auto at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at)) {
    text.replace(at, kMark.size(), backend.name == "sqlite" ? " WITHOUT ROWID" : "");
  }
  return text;
}

TEST_P(Durability, AStoreOfVersionTwoIsBroughtUpToDate) {
  sql(second_version(GetParam()));
  const auto store = open();
  EXPECT_EQ(sql("SELECT version FROM schema_version ORDER BY version;"), "1\n2\n3\n4\n5\n");
  const PortRule rule = {Protocol::tcp, samples::ports(8000, 8000), Presence::rpc,
                         0xffff'ffff,   at(357 * 86'400),           ""};
  EXPECT_EQ(store->profile("compute").value().rules, std::vector{rule});
  sql("INSERT INTO port_rules VALUES ('login', 'tcp', '22', 'service:" +
      std::string(kMaxServiceBytes, 's') + "', NULL);");
  EXPECT_EQ(store->profile("login").value().rules.at(0).service.size(), kMaxServiceBytes);
  EXPECT_EQ(store->sweeps(9).value().at(0).probes, 1000U);
  EXPECT_EQ(store->looks().value().looks.at(0).examined, at(2));
  EXPECT_EQ(store->port_states().value().at(0).seen, samples::seen("n1", 1, 22));
  EXPECT_TRUE(store->services().value().empty());
  EXPECT_TRUE(store->known_keys().value().empty());
  EXPECT_TRUE(keep_sweep(*store, 5));
  EXPECT_EQ(open()->services().value().at(59).asked, at(5));
}

TEST_P(Durability, AStepThatFailsLeavesTheOldVersion) {
  sql(kFirstVersion);
  sql("CREATE TABLE alerts (mine int);");  // the last table of the step is in the way
  const auto store = open_store(url_);
  ASSERT_FALSE(store.has_value());
  EXPECT_THAT(store.error().message(), HasSubstr("preparing the tables"));
  EXPECT_EQ(sql("SELECT version FROM schema_version;"), "1\n");
  EXPECT_EQ(sql("SELECT port FROM open_ports;"), "22\n");
  sql("CREATE TABLE port_states (mine int);"  // whose name is free again, too
      "DROP TABLE port_states; DROP TABLE alerts;");
  open();
  EXPECT_EQ(sql("SELECT version FROM schema_version ORDER BY version;"), "1\n2\n3\n4\n5\n");
}

TEST_P(Durability, TableOneMadeByHandIsTaken) {
  sql("CREATE TABLE open_ports (port int, protocol char(5), service char(50), host_type char(60));"
      "INSERT INTO open_ports VALUES (22, 'tcp', '', 'compute');");
  const auto store = open();
  EXPECT_EQ(store->profile("compute").value(),
            (Profile{"compute", {{22, Protocol::tcp, "", ""}}, {}}));
  sql("INSERT INTO open_ports VALUES (23, 'tcp', '', 'compute');"
      "INSERT INTO port_rules VALUES ('compute', 'tcp', '8000-8010', 'optional', NULL);");
  EXPECT_EQ(store->profile("compute").value().ports.size(), 2U);
  EXPECT_EQ(store->profile("compute").value().rules.size(), 1U);
}

TEST_P(Durability, TheStoreOfANewerProgramIsRefused) {
  open();
  EXPECT_EQ(sql("SELECT version FROM schema_version ORDER BY version;"), "1\n2\n3\n4\n5\n");
  open();
  EXPECT_EQ(sql("SELECT version FROM schema_version ORDER BY version;"), "1\n2\n3\n4\n5\n")
      << "each step is applied once";
  sql("INSERT INTO schema_version VALUES (99);");
  const auto store = open_store(url_);
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().kind(), ErrorKind::unsupported);
  EXPECT_THAT(store.error().message(), HasSubstr("version 99, this program knows up to 5"));
}

TEST_P(Durability, ManyProgramsMayMakeTheTablesAtOnce) {
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      const auto store = open_store(url_);
      if (!store) std::fprintf(stderr, "%s\n", store.error().message().c_str());
      _exit(store ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(sql("SELECT version FROM schema_version ORDER BY version;"), "1\n2\n3\n4\n5\n");
}

TEST_P(Durability, TwoProgramsNeverSweepTheSameNode) {
  open();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      const auto store = open_store(url_);
      int begun = 0;
      for (int round = 0; round < 10 && store; ++round) {
        // Each round all want the node of that round, and one gets it.
        const SweepClaim claim = samples::claim({fmt::format("n{}", round)}, 1);
        begun += (*store)->begin_sweep(claim, samples::alive).has_value() ? 1 : 0;
      }
      _exit(write(ends[1], &begun, sizeof begun) == sizeof begun ? 0 : 1);
    }
    children.push_back(child);
  }
  int total = 0;
  for (const pid_t child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    int begun = 0;
    EXPECT_EQ(read(ends[0], &begun, sizeof begun), ssize_t{sizeof begun});
    total += begun;
  }
  close(ends[0]);
  close(ends[1]);
  EXPECT_EQ(total, 10);
  EXPECT_EQ(open()->sweeps(100).value().size(), 10U);
}

}  // namespace
}  // namespace lockstep
