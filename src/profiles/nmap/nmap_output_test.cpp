#include "profiles/nmap/nmap_output.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "profiles/nmap/test_files.h"

namespace lockstep {
namespace {

constexpr Protocol kTcp = Protocol::tcp;
constexpr Protocol kUdp = Protocol::udp;

/// "22/tcp 443/tcp=ssl/http"
std::string summary(const std::vector<ExpectedPort>& ports) {
  std::string result;
  for (const ExpectedPort& port : ports) {
    result += fmt::format("{}{}/{}{}{}", result.empty() ? "" : " ", port.port,
                          to_string(port.protocol), port.service.empty() ? "" : "=", port.service);
  }
  return result;
}

std::string summary(const Result<NmapHost>& host) {
  return host ? summary(host->ports) : host.error().message();
}

TEST(NmapOutput, SaysTheSameInEveryFormat) {
  const struct {
    const char* description;
    Scan scan;
    const char* ports;
  } rows[] = {
      {"a port", {false, {{22, kTcp, "open", "ssh"}}}, "22/tcp"},
      {"without a version scan a name is a guess",
       {false, {{22, kTcp, "open", "ssh"}, {80, kTcp, "open", "http"}, {61234, kTcp, "open", ""}}},
       "22/tcp 80/tcp 61234/tcp"},
      {"what a probe recognised",
       {true, {{22, kTcp, "open", "ssh", true}, {53, kUdp, "open", "domain", true}}},
       "22/tcp=ssh 53/udp=domain"},
      {"what no probe recognised, or what was left out of probing",
       {true, {{4444, kTcp, "open", "krb524"}, {9100, kTcp, "open", "jetdirect"}}},
       "4444/tcp 9100/tcp"},
      {"inside TLS",
       {true,
        {{443, kTcp, "open", "http", true, true},
         {7443, kTcp, "open", "oracleas-https", false, true}}},
       "443/tcp=ssl/http 7443/tcp"},
      {"names that say nothing",
       {true,
        {{515, kTcp, "open", "tcpwrapped", true},
         {993, kTcp, "open", "tcpwrapped", true, true},
         {8099, kTcp, "open", "unknown"},
         {8100, kTcp, "open", "unknown", false, true},
         {17001, kTcp, "open", ""}}},
       "515/tcp 993/tcp 8099/tcp 8100/tcp 17001/tcp"},
      {"a name with a slash of its own",
       {true, {{1720, kTcp, "open", "H.323/Q.931", true}}},
       "1720/tcp=H.323/Q.931"},
      {"a name that fills Table 1",
       {true, {{1, kTcp, "open", std::string(50, 'x'), true}}},
       "1/tcp=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
      {"other states",
       {true,
        {{1, kTcp, "closed", "a", true},
         {2, kTcp, "filtered", "a", true},
         {3, kTcp, "unfiltered", "a", true},
         {4, kUdp, "open|filtered", "a", true},
         {5, kTcp, "closed|filtered", "a", true},
         {6, kTcp, "open", "a", true},
         {7, kTcp, "unknown", "a", true}}},
       "6/tcp=a"},
      {"by port, then by protocol",
       {false,
        {{65535, kTcp, "open", ""},
         {1, kUdp, "open", ""},
         {22, kUdp, "open", ""},
         {22, kTcp, "open", ""}}},
       "1/udp 22/tcp 22/udp 65535/tcp"},
      {"the same twice", {false, {{22, kTcp, "open", ""}, {22, kTcp, "open", ""}}}, "22/tcp"},
      {"port 0, which is not open",
       {false, {{0, kTcp, "filtered", ""}, {0, kUdp, "open|filtered", ""}, {1, kTcp, "open", ""}}},
       "1/tcp"},
  };
  for (const auto& row : rows) {
    for (const Format& format : kFormats) {
      SCOPED_TRACE(fmt::format("{}, {}", row.description, format.description));
      const auto host = parse_nmap(format.render(row.scan));
      EXPECT_EQ(summary(host), row.ports);
      if (!host) continue;
      EXPECT_EQ(host->address, "198.18.1.1");
      EXPECT_EQ(host->name, "node1");
      EXPECT_EQ(host->version_scan, row.scan.versions);
    }
  }
}

TEST(NmapOutput, BearsWhatEditorsAndSystemsDoToText) {
  const Scan scan{true, {{22, kTcp, "open", "ssh", true}, {80, kTcp, "open", "http", true}}};
  for (const Format& format : kFormats) {
    SCOPED_TRACE(format.description);
    const std::string unix_text = format.render(scan);
    std::string dos_text;
    for (const char c : unix_text) dos_text += c == '\n' ? std::string("\r\n") : std::string(1, c);
    EXPECT_EQ(summary(parse_nmap(dos_text)), "22/tcp=ssh 80/tcp=http");
    EXPECT_EQ(summary(parse_nmap("\xef\xbb\xbf" + unix_text)), "22/tcp=ssh 80/tcp=http");
    EXPECT_EQ(summary(parse_nmap("\n  \n" + unix_text + "\n\n")), "22/tcp=ssh 80/tcp=http");
    std::string unended = unix_text;
    while (unended.ends_with('\n')) unended.pop_back();
    EXPECT_EQ(summary(parse_nmap(unended)), "22/tcp=ssh 80/tcp=http");
  }
}

/// A host of an address and a name that the format writes in its own way.
TEST(NmapOutput, NamesTheHost) {
  const std::string open = "# Nmap 7.93 scan initiated DATE as: nmap -n X\n";
  const std::string done = "# Nmap done at DATE -- 1 IP address (1 host up) scanned in 1 seconds\n";
  const std::string table = "PORT   STATE SERVICE\n22/tcp open  ssh\n";
  const std::string xml =
      "<nmaprun scanner=\"nmap\" args=\"nmap X\"><host><status state=\"up\"/>%"
      "<ports><port protocol=\"tcp\" portid=\"22\"><state state=\"open\"/></port></ports></host>"
      "<runstats><finished exit=\"success\"/></runstats></nmaprun>";
  const auto xml_with = [&](std::string_view host) {
    std::string result = xml;
    return result.replace(result.find('%'), 1, host);
  };
  const struct {
    const char* description;
    std::string file;
    const char* address;
    const char* name;
  } rows[] = {
      {"greppable, no name", open + "Host: fd00:18::1:1 ()\tPorts: 22/open/tcp//ssh///\n" + done,
       "fd00:18::1:1", ""},
      {"normal, no name", open + "Nmap scan report for 198.18.1.1\n" + table + done, "198.18.1.1",
       ""},
      {"normal, IPv6, in another form",
       open + "Nmap scan report for a.example (FD00:18:0:0::1:1)\n" + table + done, "fd00:18::1:1",
       "a.example"},
      {"normal, a name with parentheses",
       open + "Nmap scan report for a (198.18.9.9) (198.18.1.1)\n" + table + done, "198.18.1.1",
       "a (198.18.9.9)"},
      {"XML, no name", xml_with("<address addr=\"198.18.1.1\" addrtype=\"ipv4\"/><hostnames/>"),
       "198.18.1.1", ""},
      {"XML, asked for by another name than that of the reverse zone",
       xml_with("<address addr=\"fd00::1\" addrtype=\"ipv6\"/><hostnames><hostname name=\"ptr\" "
                "type=\"PTR\"/><hostname name=\"asked\" type=\"user\"/></hostnames>"),
       "fd00::1", "asked"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    const auto host = parse_nmap(row.file);
    ASSERT_TRUE(host) << host.error().message();
    EXPECT_EQ(host->address, row.address);
    EXPECT_EQ(host->name, row.name);
    EXPECT_EQ(summary(host->ports), "22/tcp");
  }
}

/// Everything that is no port, in a file of the normal format at its most talkative.
TEST(NmapOutput, PassesOverWhatSurroundsTheTable) {
  const auto host = parse_nmap(
      "Fetchfile found /usr/share/nmap/nmap-services\n"
      "# Nmap 7.93 scan initiated DATE as: nmap -A -v -d node1\n"
      "7777/tcp open before-the-host\n"
      "Nmap scan report for node1 (198.18.1.1)\n"
      "Host is up, received arp-response (0.000085s latency).\n"
      "Other addresses for node1 (not scanned): fd00:18::1:1\n"
      "7778/tcp open before-the-table\n"
      "PORT      STATE SERVICE  REASON         VERSION\n"
      "22/tcp    open  ssh      syn-ack ttl 64 Zork 9.2p1 (protocol 2.0)\n"
      "| ssh-hostkey: \n"
      "|_  256 a5981dd2 (ED25519)\n"
      "111/tcp   open  rpcbind  syn-ack ttl 64 2-4 (RPC #100000)\n"
      "| rpcinfo: \n"
      "|   100000  2,3,4        111/tcp   rpcbind\n"
      "|_  100000  3,4          112/udp6  rpcbind\n"
      "22/sctp   open  ssh\n"
      "\n"
      "443/tcp   open  ssl/http syn-ack ttl 64\n"
      "2 services unrecognized despite returning data.\n"
      "==============NEXT SERVICE FINGERPRINT (SUBMIT INDIVIDUALLY)==============\n"
      "SF-Port110-TCP:V=7.93%I=7%r(NULL,11,\"\\+OK\\x20hello\\x20there\\r\\n\");\n"
      "MAC Address: 26:BC:04:7F:FE:C7 (Unknown)\n"
      "\n"
      "TRACEROUTE\n"
      "HOP RTT     ADDRESS\n"
      "1   0.09 ms node1 (198.18.1.1)\n"
      "# Nmap done at DATE -- 1 IP address (1 host up) scanned in 269.74 seconds\n"
      "Nmap scan report for 198.18.9.9\n"
      "7779/tcp open behind-the-end\n");
  EXPECT_EQ(summary(host), "22/tcp=ssh 111/tcp=rpcbind 443/tcp=ssl/http");
}

/// A script may recognise a service too. Only the XML tells, so it does not count there either.
TEST(NmapOutput, TakesNoServiceFromScriptsAlone) {
  std::string xml = as_xml({true, {{111, kTcp, "open", "rpcbind", true}}});
  const std::string versions = "-sS -sV";
  for (std::size_t at; (at = xml.find(versions)) != std::string::npos;) {
    xml.replace(at, versions.size(), "-sS -sC");
  }
  const auto host = parse_nmap(xml);
  EXPECT_EQ(summary(host), "111/tcp");
  EXPECT_FALSE(host->version_scan);
}

/// A host that answers "filtered" everywhere is as long as files get.
TEST(NmapOutput, ReadsEveryPortOfBothProtocols) {
  Scan scan{true, {}};
  for (unsigned port = 1; port <= 65535; ++port) {
    scan.ports.push_back({static_cast<Port>(port), kTcp, "open", "http", true, true});
    scan.ports.push_back({static_cast<Port>(port), kUdp, "open|filtered", "unknown"});
  }
  for (const Format& format : kFormats) {
    SCOPED_TRACE(format.description);
    const std::string file = format.render(scan);
    EXPECT_LT(file.size(), kMaxNmapBytes / 2);
    const auto host = parse_nmap(file);
    ASSERT_TRUE(host) << host.error().message();
    EXPECT_EQ(host->ports.size(), 65535U);
    EXPECT_EQ(host->ports.back().service, "ssl/http");
  }
}

// --- What is rendered comes back. ---

rc::Gen<std::string> any_name() {
  const auto letters = rc::gen::elementOf(std::string("abcdefghijklmnopqrstuvwxyz0123456789-_./+"));
  const auto word =
      rc::gen::resize(40, rc::gen::nonEmpty(rc::gen::container<std::string>(letters)));
  return rc::gen::oneOf(word,
                        rc::gen::element<std::string>("tcpwrapped", "unknown", "ssl", "ssl/x"));
}

rc::Gen<ScannedPort> any_port() {
  return rc::gen::build<ScannedPort>(
      rc::gen::set(&ScannedPort::port, rc::gen::inRange<Port>(1, 65535)),
      rc::gen::set(&ScannedPort::protocol, rc::gen::element(kTcp, kUdp)),
      rc::gen::set(&ScannedPort::state,
                   rc::gen::weightedElement<std::string>(
                       {{4, "open"}, {1, "closed"}, {1, "filtered"}, {1, "open|filtered"}})),
      rc::gen::set(&ScannedPort::name, any_name()), rc::gen::set(&ScannedPort::recognised),
      rc::gen::set(&ScannedPort::tls));
}

bool counts(const ScannedPort& port) {
  const bool says_nothing = port.name == "tcpwrapped" || port.name == "unknown" ||
                            (!port.tls && port.name == "ssl/unknown");
  return port.recognised && !says_nothing;
}

RC_GTEST_PROP(NmapOutput, WhatIsRenderedComesBack, ()) {
  std::map<std::pair<Port, Protocol>, ScannedPort> ports;
  for (const ScannedPort& port : *rc::gen::container<std::vector<ScannedPort>>(any_port())) {
    ports.try_emplace({port.port, port.protocol}, port);
  }
  Scan scan{*rc::gen::arbitrary<bool>(), {}};
  NmapHost expected{scan.address, scan.name, {}, scan.versions};
  for (const auto& [key, port] : ports) {
    scan.ports.push_back(port);
    scan.ports.back().recognised = port.recognised && scan.versions;
    if (port.state != "open") continue;
    ExpectedPort& open = expected.ports.emplace_back();
    open.port = port.port;
    open.protocol = port.protocol;
    if (counts(scan.ports.back())) open.service = (port.tls ? "ssl/" : "") + port.name;
  }
  RC_PRE(!expected.ports.empty());
  for (const Format& format : kFormats) {
    const auto host = parse_nmap(format.render(scan));
    if (!host) RC_FAIL(std::string(format.description) + ": " + host.error().message());
    RC_ASSERT(summary(host) == summary(expected.ports));
    RC_ASSERT(*host == expected);
  }
}

}  // namespace
}  // namespace lockstep
