// Profiles, as every store keeps them: Table 1 and what stands beside it, written by us and by
// hand.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>

#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::at;
using testing::HasSubstr;

class ProfileConformance : public StoreTest {};
LOCKSTEP_ON_ALL_BACKENDS(ProfileConformance);

Profile compute() {
  return {"compute",
          {{22, Protocol::tcp, "", ""},
           {111, Protocol::tcp, "", ""},
           {111, Protocol::udp, "rpcbind", ""},
           {6818, Protocol::tcp, "", ""}},
          {}};
}

Profile profile(const std::string& host_type, std::vector<ExpectedPort> ports) {
  return {host_type, std::move(ports), {}};
}

ExpectedPort tcp(Port port, const std::string& service = "") {
  return {port, Protocol::tcp, service, ""};
}

Result<void> approve(Store& store, const Profile& profile) {
  return store.approve(profile, {profile.host_type, {"line"}, at(0), "kim"});
}

TEST_P(ProfileConformance, StartsEmpty) {
  const auto store = open();
  EXPECT_TRUE(store->profiles().value().empty());
  EXPECT_TRUE(store->baselines().value().empty());
  EXPECT_TRUE(store->approvals().value().empty());
  const auto profile = store->profile("compute");
  ASSERT_FALSE(profile.has_value());
  EXPECT_EQ(profile.error().kind(), ErrorKind::not_found);
  EXPECT_THAT(profile.error().message(), HasSubstr("no profile for \"compute\""));
}

TEST_P(ProfileConformance, ReturnsWhatWasApproved) {
  const Profile login = profile("login@hsn", {tcp(22, "ssh")});
  const Approval approval = {"login@hsn", {"22/tcp service ssh", "9/tcp"}, at(7), "kim"};
  ASSERT_TRUE(open()->approve(login, approval).has_value());
  ASSERT_TRUE(approve(*open(), compute()).has_value());
  const auto store = open();
  EXPECT_EQ(store->profile("compute").value(), compute());
  EXPECT_EQ(store->profile("login@hsn").value(), login);
  EXPECT_EQ(store->profiles().value(), (std::vector<Profile>{compute(), login}));
  EXPECT_EQ(store->approvals().value(),
            (std::vector<Approval>{{"compute", {"line"}, at(0), "kim"}, approval}));
}

TEST_P(ProfileConformance, ReplacesOneHostTypeOnly) {
  const auto store = open();
  const Profile login = profile("login", {tcp(22)});
  ASSERT_TRUE(approve(*store, compute()).has_value());
  ASSERT_TRUE(approve(*store, login).has_value());
  const Profile smaller = profile("compute", {tcp(9100)});
  ASSERT_TRUE(store->approve(smaller, {"compute", {}, at(1), "lee"}).has_value());
  EXPECT_EQ(store->profiles().value(), (std::vector<Profile>{smaller, login}));
  EXPECT_EQ(store->approvals().value().front(), (Approval{"compute", {}, at(1), "lee"}))
      << "an approval without lines is one";
}

TEST_P(ProfileConformance, RemovesWhatHasNoPorts) {
  const auto store = open();
  sql("INSERT INTO port_rules VALUES ('compute', 'tcp', '8000', 'job', NULL);");
  ASSERT_TRUE(approve(*store, compute()).has_value());
  ASSERT_TRUE(approve(*store, profile("login", {tcp(22)})).has_value());
  ASSERT_TRUE(approve(*store, profile("compute", {})).has_value());
  EXPECT_EQ(store->approvals().value().size(), 1U);
  const Profile rest = store->profile("compute").value();
  EXPECT_TRUE(rest.ports.empty());
  EXPECT_EQ(rest.rules.size(), 1U) << "rules are somebody else's";
}

TEST_P(ProfileConformance, KeepsABaselineUntilItIsApproved) {
  const Baseline learned = {compute(),
                            "consensus of 40 of 40 nodes",
                            at(3),
                            "kim",
                            {"4444/tcp is open on 2 of 8 nodes: node[3,7]", ""}};
  const Baseline other = {profile("a", {tcp(22)}), "", at(0), "", {}};
  const auto store = open();
  ASSERT_TRUE(store->save_baseline(learned).has_value());
  ASSERT_TRUE(store->save_baseline(other).has_value());
  EXPECT_EQ(store->baselines().value(), (std::vector<Baseline>{other, learned}));
  EXPECT_TRUE(store->profiles().value().empty()) << "it changes nothing by itself";

  const Baseline later = {profile("compute", {tcp(9100)}), "import", at(9), "lee", {}};
  ASSERT_TRUE(store->save_baseline(later).has_value());
  EXPECT_EQ(store->baselines().value(), (std::vector<Baseline>{other, later}));

  ASSERT_TRUE(approve(*store, later.profile).has_value());
  EXPECT_EQ(store->baselines().value(), std::vector<Baseline>{other}) << "nothing waits any more";
}

TEST_P(ProfileConformance, KeepsHostileTextAsText) {
  const Profile hostile = profile("x'; DROP TABLE open_ports; --", {tcp(22, "\"quoted\" %s \\N")});
  const auto store = open();
  ASSERT_TRUE(approve(*store, hostile).has_value());
  EXPECT_EQ(store->profile(hostile.host_type).value(), hostile);

  const Baseline baseline = {hostile, "a\tb\nc\\d\\.", at(0), "\\N", {"\\.", "\n", "'"}};
  ASSERT_TRUE(store->save_baseline(baseline).has_value());
  EXPECT_EQ(store->baselines().value(), std::vector<Baseline>{baseline});

  const Profile bytes = profile("bad\xff", {tcp(22, "\xc3")});
  ASSERT_TRUE(approve(*store, bytes).has_value()) << "what is not UTF-8 is shown";
  EXPECT_EQ(store->profile("bad\xff").value(), profile("bad\\xff", {tcp(22, "\\xc3")}));
  ASSERT_TRUE(approve(*store, profile("bad\xff", {tcp(23)})).has_value());
  EXPECT_EQ(store->profile("bad\xff").value().ports.size(), 1U) << "and still the same host type";
}

TEST_P(ProfileConformance, RefusesWhatTableOneCannotHold) {
  const struct {
    const char* description;
    Profile profile;
    const char* says;
  } kRows[] = {
      {"a long service", profile("compute", {tcp(22, std::string(51, 's'))}),
       "has 51 bytes; the table open_ports holds 50"},
      {"a service that is long once shown", profile("compute", {tcp(22, std::string(13, '\xff'))}),
       "has 52 bytes; the table"},
      {"a long host type", profile(std::string(61, 'h'), {tcp(22)}),
       "has 61 bytes; the table open_ports holds 60"},
      {"no host type", profile("", {tcp(22)}), "the host type is empty"},
      {"padding", profile("compute ", {tcp(22)}), "white space"},
      {"port 0", profile("compute", {tcp(0)}), "port 0"},
      {"a port twice", profile("compute", {tcp(22), tcp(22, "ssh")}), "port 22/tcp stands twice"},
      {"out of order", profile("compute", {tcp(23), tcp(22)}), "port 23/tcp stands"},
  };
  const auto store = open();
  ASSERT_TRUE(approve(*store, compute()).has_value());
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    for (const auto& done :
         {approve(*store, row.profile), store->save_baseline({row.profile, "", at(0), "", {}})}) {
      ASSERT_FALSE(done.has_value());
      EXPECT_EQ(done.error().kind(), ErrorKind::invalid) << done.error().message();
      EXPECT_THAT(done.error().message(), HasSubstr(row.says));
    }
  }
  EXPECT_EQ(store->profiles().value(), std::vector<Profile>{compute()}) << "nothing changed";
  EXPECT_TRUE(store->baselines().value().empty());
}

TEST_P(ProfileConformance, RefusesWhatIsNoBaselineOrApproval) {
  const auto store = open();
  const auto empty = store->save_baseline({profile("compute", {}), "", at(0), "", {}});
  EXPECT_THAT(empty.error().message(), HasSubstr("no port"));
  Profile ruled = compute();
  ruled.rules.emplace_back();
  EXPECT_THAT(store->save_baseline({ruled, "", at(0), "", {}}).error().message(),
              HasSubstr("a baseline cannot hold"));
  EXPECT_THAT(store->approve(compute(), {"login", {}, at(0), ""}).error().message(),
              HasSubstr("the approval is for \"login\""));
  const auto maker = store->save_baseline({compute(), "", at(0), std::string(256, 'm'), {}});
  ASSERT_FALSE(maker.has_value());
  EXPECT_EQ(maker.error().kind(), ErrorKind::invalid);
  EXPECT_THAT(maker.error().message(), HasSubstr("has 256 bytes; the table baselines holds 255"));
  const auto by = store->approve(compute(), {"compute", {}, at(0), std::string(256, 'b')});
  EXPECT_THAT(by.error().message(), HasSubstr("the table approvals holds 255"));
  EXPECT_TRUE(store->profiles().value().empty()) << "nothing is half written";
}

TEST_P(ProfileConformance, HoldsTextsOfTheGreatestLength) {
  const Profile longest = profile(std::string(60, 'h'), {tcp(22, std::string(50, 's'))});
  const Profile umlauts = profile("\xc3\xbc", {tcp(22, "\xc3\xbc")});
  const Approval approval = {
      longest.host_type, {std::string(100'000, 'l')}, at(0), std::string(255, 'b')};
  const auto store = open();
  ASSERT_TRUE(store->approve(longest, approval).has_value());
  ASSERT_TRUE(approve(*store, umlauts).has_value());
  EXPECT_EQ(store->profiles().value(), (std::vector<Profile>{longest, umlauts}));
  EXPECT_EQ(store->approvals().value().front(), approval);
}

TEST_P(ProfileConformance, WritesThePapersTable) {
  ASSERT_TRUE(approve(*open(), profile("compute", {tcp(22)})).has_value());
  EXPECT_EQ(sql("SELECT port, TRIM(protocol), TRIM(service), TRIM(host_type) FROM open_ports;"),
            "22|tcp||compute\n");
}

TEST_P(ProfileConformance, CountsEditsByHand) {
  const auto store = open();
  ASSERT_TRUE(approve(*store, profile("compute", {tcp(22)})).has_value());
  sql("INSERT INTO open_ports VALUES (80, ' TCP', 'http  ', 'compute   ');"
      "INSERT INTO open_ports (port, protocol, host_type) VALUES (443, 'tcp', 'compute');"
      "INSERT INTO open_ports VALUES (80, 'tcp', '', 'compute');"
      "INSERT INTO open_ports VALUES (22, 'tcp', 'ssh', 'compute');"
      "INSERT INTO open_ports VALUES (53, 'udp', '', 'login');");
  EXPECT_EQ(store->profile("compute").value(),
            profile("compute", {tcp(22, "ssh"), tcp(80, "http"), tcp(443)}))
      << "the open store sees them at once";
  EXPECT_EQ(store->profiles().value().size(), 2U);

  sql("DELETE FROM open_ports WHERE port = 80;");
  EXPECT_EQ(store->profile("compute").value().ports.size(), 2U);

  sql("INSERT INTO open_ports VALUES (81, 'tcp', '', ' compute ');");
  ASSERT_TRUE(approve(*store, compute()).has_value());
  EXPECT_EQ(store->profile("compute").value(), compute()) << "padded rows are replaced too";
}

TEST_P(ProfileConformance, NamesTheRowThatHasNoSense) {
  const struct {
    const char* description;
    const char* values;
    const char* says;
  } kRows[] = {
      {"a port too large", "70000, 'tcp', '', 'compute'",
       "table open_ports, the row port \"70000\", protocol \"tcp\""},
      {"port 0", "0, 'tcp', '', 'compute'", "the port is not 1 to 65535"},
      {"a negative port", "-22, 'tcp', '', 'compute'", "the port is not 1 to 65535"},
      {"no port", "NULL, 'tcp', '', 'compute'", "the port is not 1 to 65535"},
      {"an unknown protocol", "22, 'sctp', '', 'compute'", "neither tcp nor udp"},
      {"no protocol", "22, NULL, '', 'compute'", "neither tcp nor udp"},
  };
  const auto store = open();
  ASSERT_TRUE(approve(*store, profile("login", {tcp(22)})).has_value());
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    sql(
        fmt::format("DELETE FROM open_ports WHERE host_type = 'compute';"
                    "INSERT INTO open_ports VALUES ({});",
                    row.values));
    for (const Error& error : {store->profile("compute").error(), store->profiles().error()}) {
      EXPECT_EQ(error.kind(), ErrorKind::corrupt);
      EXPECT_THAT(error.message(), HasSubstr(row.says));
      EXPECT_THAT(error.message(), HasSubstr("correct or delete it with an SQL client"));
    }
    EXPECT_TRUE(store->profile("login").has_value()) << "others do not suffer";
  }
  sql("DELETE FROM open_ports; INSERT INTO open_ports VALUES (22, 'tcp', '', NULL);");
  EXPECT_THAT(store->profiles().error().message(), HasSubstr("the host type is missing"));
}

PortRule rule(Protocol protocol, const PortSet& ports, Presence presence,
              std::optional<WallTime> until = std::nullopt, std::uint32_t program = 0) {
  return {protocol, ports, presence, program, until, {}};
}

TEST_P(ProfileConformance, ReadsRulesInTheOrderOfTheirTexts) {
  const auto store = open();
  EXPECT_EQ(sql("SELECT COUNT(*) FROM port_rules;"), "0\n");
  sql("INSERT INTO port_rules VALUES ('compute', 'udp', '1-65535', 'optional', NULL);"
      "INSERT INTO port_rules VALUES ('compute', 'tcp', '8000-8010', 'submit', NULL);"
      "INSERT INTO port_rules VALUES ('compute', 'tcp', '8000-8010', 'optional', NULL);"
      "INSERT INTO port_rules VALUES "
      "(' compute ', ' TCP ', ' 8000 - 8010 ', ' Optional ', '');"
      "INSERT INTO port_rules VALUES ('compute', 'tcp', '9,7', 'rpc:100021', "
      "'2026-01-01T00:00:05Z');"
      "INSERT INTO port_rules VALUES ('compute', 'tcp', '7,9', 'job', '2026-01-02');"
      "INSERT INTO port_rules VALUES ('login', 'tcp', '60000-', 'required', "
      "'9999-12-31T00:00:00Z');");
  PortSet seven_and_nine;
  seven_and_nine.insert(7);
  seven_and_nine.insert(9);
  const PortSet range = samples::ports(8000, 8010);
  const Profile expected = {
      "compute",
      {},
      {rule(Protocol::tcp, seven_and_nine, Presence::job, at(86'400)),
       rule(Protocol::tcp, seven_and_nine, Presence::rpc, at(5), 100021),
       rule(Protocol::tcp, range, Presence::optional), rule(Protocol::tcp, range, Presence::submit),
       rule(Protocol::udp, PortSet::all(), Presence::optional)}};
  EXPECT_EQ(store->profile("compute").value(), expected);
  const auto profiles = store->profiles().value();
  ASSERT_EQ(profiles.size(), 2U) << "a host type that has only rules is one";
  EXPECT_EQ(profiles[0], expected);
  ASSERT_EQ(profiles[1].rules.size(), 1U);
  EXPECT_EQ(profiles[1].rules[0].ports, samples::ports(60000, 65535));
  EXPECT_TRUE(profiles[1].rules[0].holds_at(at(0)));
}

TEST_P(ProfileConformance, ReadsWhatElseMayAnswer) {
  const auto store = open();
  const std::string longest(kMaxServiceBytes, 'S');
  sql("INSERT INTO port_rules VALUES ('compute', 'tcp', '22', 'service:OpenSSH 9.*', NULL);"
      "INSERT INTO port_rules VALUES ('compute', 'tcp', '22', 'service:openssh 9.*', NULL);"
      "INSERT INTO port_rules VALUES ('compute', 'tcp', '22', ' SERVICE: OpenSSH 9.* ', NULL);"
      "INSERT INTO port_rules VALUES ('compute', 'tcp', '22', 'Service:a:b', '2026-01-02');"
      "INSERT INTO port_rules VALUES ('compute', 'tcp', '22', 'service:" +
      longest + "', NULL);");
  const auto other = [](const std::string& service, std::optional<WallTime> until = std::nullopt) {
    PortRule result = rule(Protocol::tcp, samples::ports(22, 22), Presence::service, until);
    result.service = service;
    return result;
  };
  EXPECT_EQ(store->profile("compute").value().rules,
            (std::vector{other("OpenSSH 9.*"), other(longest), other("a:b", at(86'400)),
                         other("openssh 9.*")}))
      << "upper and lower case count";
  EXPECT_EQ(store->profiles().value().at(0).rules.size(), 4U);
}

TEST_P(ProfileConformance, NamesTheRuleThatHasNoSense) {
  const struct {
    const char* values;
    const char* says;
  } kRows[] = {
      {"'compute', 'sctp', '1', 'job', NULL", "neither tcp nor udp"},
      {"'compute', NULL, '1', 'job', NULL", "neither tcp nor udp"},
      {"'compute', 'tcp', NULL, 'job', NULL", "the ports are missing"},
      {"'compute', 'tcp', '', 'job', NULL", "the ports are missing"},
      {"'compute', 'tcp', 'ssh', 'job', NULL", "\"ssh\" is not a port"},
      {"'compute', 'tcp', '9-1', 'job', NULL", "did you mean 1-9?"},
      {"'compute', 'tcp', '0', 'job', NULL", "ports are 1 to 65535"},
      {"'compute', 'tcp', '1', 'always', NULL", "the presence is none of required"},
      {"'compute', 'tcp', '1', NULL, NULL", "the presence is none of required"},
      {"'compute', 'tcp', '1', 'rpc', NULL", "rpc:PROGRAM"},
      {"'compute', 'tcp', '1', 'rpc:', NULL", "rpc:PROGRAM"},
      {"'compute', 'tcp', '1', 'rpc:nfs', NULL", "rpc:PROGRAM"},
      {"'compute', 'tcp', '1', 'rpc:0', NULL", "rpc:PROGRAM"},
      {"'compute', 'tcp', '1', 'rpc:4294967296', NULL", "rpc:PROGRAM"},
      {"'compute', 'tcp', '1', 'service', NULL", "service:TEXT"},
      {"'compute', 'tcp', '1', 'service: ', NULL", "service:TEXT"},
      {"'compute', 'tcp', '1', 'service:123456789012345678901234567890123456789012345678901', NULL",
       "the service is too long"},
      {"'compute', 'tcp', '1', 'job', 'tomorrow'", "the end is not like"},
      {"'compute', 'tcp', '1', 'job', '2026-02-30'", "the end is not like"},
  };
  const auto store = open();
  ASSERT_TRUE(approve(*store, profile("login", {tcp(22)})).has_value());
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.values);
    sql(fmt::format("DELETE FROM port_rules; INSERT INTO port_rules VALUES ({});", row.values));
    for (const Error& error : {store->profile("compute").error(), store->profiles().error()}) {
      EXPECT_EQ(error.kind(), ErrorKind::corrupt);
      EXPECT_THAT(error.message(), HasSubstr("table port_rules, the row host_type \"compute\""));
      EXPECT_THAT(error.message(), HasSubstr(row.says));
    }
    EXPECT_TRUE(store->profile("login").has_value()) << "others do not suffer";
  }
  sql("DELETE FROM port_rules; INSERT INTO port_rules VALUES (NULL, 'tcp', '1', 'job', NULL);");
  EXPECT_THAT(store->profiles().error().message(), HasSubstr("the host type is missing"));
}

TEST_P(ProfileConformance, FillsServicesThatAreNamesOfRules) {
  const auto store = open();
  ASSERT_TRUE(approve(*store, profile("compute", {tcp(22, "site-ssh"), tcp(80, "http")})));
  ASSERT_TRUE(approve(*store, profile("login", {tcp(23)})));
  ASSERT_TRUE(store->save_baseline({profile("gpu", {tcp(22, "site-ssh")}), "", at(0), "", {}}));
  sql("INSERT INTO service_rules VALUES ('site-ssh', 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3');"
      "INSERT INTO service_rules VALUES ('other', 'x');");
  const std::string rule = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3";
  EXPECT_EQ(store->profile("compute").value().ports,
            (std::vector<ExpectedPort>{{22, Protocol::tcp, "site-ssh", rule}, tcp(80, "http")}));
  EXPECT_EQ(store->profiles().value().front().ports.front().service_rule, rule);
  EXPECT_EQ(store->profile("login").value().ports.front().service_rule, "");
  EXPECT_EQ(store->baselines().value().front().profile.ports.front().service_rule, rule)
      << "a baseline reads as it will when it is approved";

  sql("DELETE FROM service_rules; INSERT INTO service_rules VALUES ('site-ssh', '');");
  for (const Error& error : {store->profile("compute").error(), store->profiles().error()}) {
    EXPECT_EQ(error.kind(), ErrorKind::corrupt);
    EXPECT_THAT(error.message(),
                HasSubstr("table service_rules, the row name \"site-ssh\", rule \"\": the rule is "
                          "missing"));
  }
  EXPECT_TRUE(store->profile("login").has_value()) << "others do not suffer";
  sql("DELETE FROM service_rules; INSERT INTO service_rules VALUES ('a', 'x');"
      "INSERT INTO service_rules VALUES (' a', 'y');");
  EXPECT_THAT(store->profiles().error().message(), HasSubstr("another row has the same name"));
  sql("DELETE FROM service_rules; INSERT INTO service_rules VALUES ('', 'x');");
  EXPECT_THAT(store->profiles().error().message(), HasSubstr("the name is missing"));
}

TEST_P(ProfileConformance, TellsOwnRowsWithoutSense) {
  const auto store = open();
  ASSERT_TRUE(approve(*store, compute()).has_value());
  ASSERT_TRUE(store->save_baseline({compute(), "", at(0), "", {}}).has_value());
  sql("UPDATE approvals SET approved_at = 'noon'; UPDATE baselines SET made = 'noon';");
  for (const Error& error : {store->approvals().error(), store->baselines().error()}) {
    EXPECT_EQ(error.kind(), ErrorKind::corrupt);
    EXPECT_THAT(error.message(), HasSubstr("the row host_type \"compute\": the time has no sense"));
  }
  sql("UPDATE baselines SET made = '2026-01-01T00:00:00Z'; UPDATE baseline_ports SET protocol = "
      "'x' WHERE port = 22;");
  EXPECT_THAT(store->baselines().error().message(), HasSubstr("table baseline_ports"));
}

TEST_P(ProfileConformance, ReturnsAnyProfile) {
  const auto store = open();
  check_property(GetParam(), [&] {
    const auto ports = *rc::gen::arbitrary<std::map<Port, bool>>();
    Profile any = profile(*rc::gen::arbitrary<bool>() ? "compute" : "compute@hsn", {});
    for (const auto& [port, udp] : ports) {
      if (port == 0) continue;
      any.ports.push_back({port, udp ? Protocol::udp : Protocol::tcp, udp ? "rpc" : "", ""});
    }
    RC_PRE(!any.ports.empty());
    RC_ASSERT(approve(*store, any).has_value());
    RC_ASSERT(store->profile(any.host_type).value() == any);
  });
}

}  // namespace
}  // namespace lockstep
