#include "services/probe_file.h"

#include "services/test_probes.h"

namespace lockstep::services {
namespace {

TEST(ProbeFile, SaysWhatIsSentWhereAndWhatTheAnswersTell) {
  const ProbeSet set = probes_of(R"(# a comment
Exclude 7,T:9100-9102,U:623,624

Probe TCP NULL q||
tcpwrappedms 3000
match ssh m|^SSH-([\d.]+)-OpenSSH_([\w.]+)| p/OpenSSH/ v/$2/ i/protocol $1/ cpe:/a:openbsd:openssh:$2/a

Probe TCP GetRequest q|GET / HTTP/1.0\r\n\r\n|
rarity 1
ports 80,8000-8010
sslports 443
totalwaitms 1500
fallback NULL
match http m=^HTTP/1\.[01] (\d+)=si p|a/b| h,host $1,
softmatch http m/^HTTP/
Probe UDP DNS q|\0\x1F\\\t| no-payload
)");
  ASSERT_EQ(set.probes.size(), 3U);
  EXPECT_EQ(set.excluded.to_string(), "7,9100-9102;udp:7,623-624");
  const ServiceProbe& listening = set.probes[0];
  EXPECT_TRUE(listening.listens());
  EXPECT_EQ(listening.tcpwrapped.count(), 3000);
  EXPECT_EQ(listening.rarity, 5U);
  ASSERT_EQ(listening.signatures.size(), 1U);
  EXPECT_EQ(listening.signatures[0].service, "ssh");
  EXPECT_EQ(listening.signatures[0].pattern, R"(^SSH-([\d.]+)-OpenSSH_([\w.]+))");
  EXPECT_EQ(listening.signatures[0].fields.cpes.size(), 1U);
  EXPECT_EQ(listening.signatures[0].line, 6U);

  const ServiceProbe& get = set.probes[1];
  EXPECT_EQ(get.payload, "GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(get.rarity, 1U);
  EXPECT_EQ(get.ports.to_string(), "80,8000-8010");
  EXPECT_EQ(get.tls_ports.to_string(), "443");
  EXPECT_EQ(get.total_wait.count(), 1500);
  EXPECT_EQ(get.fallbacks, std::vector<std::string>{"NULL"});
  ASSERT_EQ(get.signatures.size(), 2U);
  EXPECT_TRUE(get.signatures[0].ignore_case);
  EXPECT_TRUE(get.signatures[0].dot_all);
  EXPECT_FALSE(get.signatures[0].soft);
  EXPECT_EQ(get.signatures[0].fields.product.fill({}), "a/b");
  EXPECT_EQ(get.signatures[0].fields.hostname.fill({}), "");
  EXPECT_TRUE(get.signatures[1].soft);

  EXPECT_EQ(set.probes[2].payload, std::string("\0\x1f\\\t", 4));
  EXPECT_EQ(set.find(Protocol::udp, "DNS"), &set.probes[2]);
  EXPECT_EQ(set.find(Protocol::tcp, "DNS"), nullptr);
  EXPECT_TRUE(check_fallbacks(set));
}

TEST(ProbeFile, GoesOnWithAProbeThatIsThereAlready) {
  ProbeSet set = probes_of("Probe TCP NULL q||\nmatch a m|^a|\n");
  ASSERT_TRUE(parse_probe_file("Probe TCP NULL q||\nmatch b m|^b|\nports 22\n", set));
  ASSERT_EQ(set.probes.size(), 1U);
  EXPECT_EQ(set.probes[0].signatures.size(), 2U);
  EXPECT_TRUE(set.probes[0].ports.contains(22));
}

TEST(ProbeFile, TellsWhereItIsWrongAndKeepsWhatThereWas) {
  struct Row {
    std::string_view text, expected;
  };
  const Row rows[] = {
      {"match ssh m|x|", "line 1: \"match\" stands before the first Probe"},
      {"\n\nProbe", "line 3: a probe is TCP or UDP, not \"\""},
      {"Probe SCTP x q||", "a probe is TCP or UDP, not \"SCTP\""},
      {"Probe TCP x", "a probe is \"Probe TCP|UDP NAME q|BYTES|\""},
      {"Probe TCP x q", "what the probe sends is missing"},
      {"Probe TCP x q|abc", "what the probe sends has no second \"|\""},
      {"Probe TCP x q|\\q|", "\\q is no escape"},
      {"Probe TCP x q|\\x1|", "\\x is no escape"},
      {"Probe TCP x q|\\|", "is no escape"},
      {"Probe TCP NULL q|x|", "the probe NULL sends nothing"},
      {"Probe TCP x q|| y", "\"y\" stands behind the probe"},
      {"Probe TCP x q|a|\nProbe TCP x q|b|", "line 2: a probe named \"x\" is there already"},
      {"Probe TCP x q||\nports 1,x", "\"x\" is not a port or a range"},
      {"Probe TCP x q||\nports 9-1", "\"9-1\" is not a port"},
      {"Probe TCP x q||\nports 65536", "\"65536\" is not a port"},
      {"Probe TCP x q||\nports -5", "\"-5\" is not a port"},
      {"Probe TCP x q||\nrarity 10", "a rarity is 1 to 9"},
      {"Probe TCP x q||\ntotalwaitms 0", "a wait is 1 to"},
      {"Probe TCP x q||\nmatch ssh", "a match is"},
      {"Probe TCP x q||\nmatch ssh m|a", "the pattern has no second"},
      {"Probe TCP x q||\nmatch ssh m|a|g", "\"g\" is no flag"},
      {"Probe TCP x q||\nmatch ssh m|a| z/x/", "\"z\" begins no field"},
      {"Probe TCP x q||\nmatch ssh m|a| p/x", "the text of p has no second"},
      {"Probe TCP x q||\nmatch ssh m|a| v/$SUBST(1)/", "a text in quotes is missing"},
      {"Probe TCP x q||\nmtach ssh m|a|",
       "\"mtach\" is no word of the grammar; did you mean match?"},
      {"Exclude T:x", "\"x\" is not a port"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    ProbeSet set = probes_of("Probe TCP before q|z|\n");
    const auto parsed = parse_probe_file(row.text, set);
    ASSERT_FALSE(parsed);
    EXPECT_NE(parsed.error().message().find(row.expected), std::string::npos)
        << parsed.error().message();
    EXPECT_EQ(parsed.error().message().substr(0, 5), "line ");
    EXPECT_EQ(set.probes.size(), 1U);
  }
}

constexpr std::string_view kShipped = R"(Exclude T:1
Probe TCP NULL q||
match ssh m|^SSH-ours|
Probe TCP Get q|GET|
rarity 1
ports 80
match http m|^HTTP-ours|
)";

TEST(ProbeFile, AUsersOwnFileComesFirst) {
  ProbeSet set = probes_of(kShipped);
  const auto parsed = parse_own_probe_file(R"(Exclude U:2
Probe TCP Get q|GET|
ports 8080
match http m|^HTTP-mine|
Probe TCP NULL q||
match ssh m|^SSH-mine|
match ssh m|^SSH|
Probe TCP Mine q|HELLO|
rarity 8
match mine m|^MINE|
)",
                                           "/etc/mine", set);
  ASSERT_TRUE(parsed) << parsed.error().message();
  ASSERT_EQ(set.probes.size(), 3U);
  const auto patterns = [&](std::string_view name) {
    std::vector<std::string> result;
    for (const Signature& signature : set.find(Protocol::tcp, name)->signatures) {
      result.push_back(signature.pattern);
    }
    return result;
  };
  using Patterns = std::vector<std::string>;
  EXPECT_EQ(patterns("NULL"), (Patterns{"^SSH-mine", "^SSH", "^SSH-ours"}));
  EXPECT_EQ(patterns("Get"), (Patterns{"^HTTP-mine", "^HTTP-ours"}));
  EXPECT_EQ(patterns("Mine"), (Patterns{"^MINE"}));
  const ServiceProbe& get = *set.find(Protocol::tcp, "Get");
  EXPECT_EQ(get.rarity, 1U);  // of which the file says nothing
  EXPECT_EQ(get.ports.to_string(), "80,8080");
  EXPECT_TRUE(set.excluded.of(Protocol::tcp).contains(1));
  EXPECT_TRUE(set.excluded.of(Protocol::udp).contains(2));
  EXPECT_EQ(set.place_of(get.signatures[0]), "/etc/mine:4");
  EXPECT_EQ(set.place_of(get.signatures[1]), "line 7");
}

TEST(ProbeFile, WhatAUserSaysOfAProbeOfOursCounts) {
  ProbeSet set = probes_of(kShipped);
  ASSERT_TRUE(parse_own_probe_file("Probe TCP Get q|GET|\nrarity 9\n", "second", set));
  ASSERT_TRUE(parse_own_probe_file("Probe TCP Get q|GET|\nmatch http m|^1|\n", "first", set));
  ASSERT_EQ(set.probes.size(), 2U);
  const ServiceProbe& get = *set.find(Protocol::tcp, "Get");
  EXPECT_EQ(get.rarity, 9U);
  EXPECT_EQ(get.signatures.size(), 2U);
}

TEST(ProbeFile, WithOtherBytesItIsAnotherProbe) {
  ProbeSet set = probes_of(kShipped);
  constexpr std::string_view kOther =
      "Probe TCP More q|MORE|\nfallback Get,NULL\n"
      "Probe TCP Get q|GET 1| source=500\nrarity 7\nmatch http m|^1|\n"
      "Probe TCP Get q|GET 1|\nmatch http m|^2|\n";
  ASSERT_TRUE(parse_own_probe_file(kOther, "second", set));
  ASSERT_TRUE(parse_own_probe_file("Probe TCP Get q|GET 1|\nmatch http m|^0|\n", "first", set));
  ASSERT_EQ(set.probes.size(), 4U);
  const ServiceProbe& ours = *set.find(Protocol::tcp, "Get");
  EXPECT_EQ(ours.payload, "GET");
  EXPECT_EQ(ours.rarity, 1U);
  EXPECT_EQ(ours.signatures.size(), 1U);
  const ServiceProbe* const theirs = set.find(Protocol::tcp, "Get@second");
  ASSERT_NE(theirs, nullptr);
  EXPECT_EQ(theirs->payload, "GET 1");
  EXPECT_EQ(theirs->rarity, 7U);
  ASSERT_EQ(theirs->signatures.size(), 3U);
  EXPECT_EQ(theirs->signatures[0].pattern, "^0");
  EXPECT_EQ(theirs->signatures[2].pattern, "^2");
  EXPECT_EQ(set.find(Protocol::tcp, "More")->fallbacks,
            (std::vector<std::string>{"Get@second", "NULL"}));
  EXPECT_TRUE(check_fallbacks(set));
}

TEST(ProbeFile, AUsersMistakesHaveTheirFile) {
  struct Row {
    std::string_view text, expected;
  };
  const Row rows[] = {
      {"\nmatch ssh m|x|", "/etc/mine:2: \"match\" stands before the first Probe"},
      {"Probe TCP Get q|a|\nProbe TCP Get q|b|\n",
       "/etc/mine:2: a probe named \"Get\" is there already, and sends something else"},
  };
  for (const Row& row : rows) {
    ProbeSet set = probes_of(kShipped);
    const auto parsed = parse_own_probe_file(row.text, "/etc/mine", set);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().message(), row.expected);
    EXPECT_EQ(set.files.size(), 1U);
  }
  ProbeSet set = probes_of(kShipped);
  ASSERT_TRUE(parse_own_probe_file("\nProbe TCP Get q|GET|\nfallback None\n", "/etc/mine", set));
  const auto checked = check_fallbacks(set);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message(),
            "/etc/mine:3: probe \"Get\" falls back to \"None\", which is not there");
}

TEST(ProbeFile, AFallbackHasToBeThere) {
  const auto checked = check_fallbacks(probes_of("\nProbe TCP x q|a|\nfallback y\n"));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message(),
            "line 3: probe \"x\" falls back to \"y\", which is not there");
}

}  // namespace
}  // namespace lockstep::services
