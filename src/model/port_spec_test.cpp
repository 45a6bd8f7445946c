#include "model/port_spec.h"

#include <gtest/gtest.h>
#include <netdb.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "data/default_ports.h"
#include "model/port_list.h"

namespace lockstep {
namespace {

TEST(PortSpec, Accepts) {
  const struct {
    const char* description;
    const char* spec;
    const char* ports;
  } kRows[] = {
      {"one port", "22", "22"},
      {"the last port", "65535", "65535"},
      {"a range", "1-1024", "1-1024"},
      {"a range of one", "7-7", "7"},
      {"open at the front", "-1024", "1-1024"},
      {"open at the end", "60000-", "60000-65535"},
      {"all", "all", "1-65535"},
      {"a name", "ssh", "22"},
      {"a name in capitals", "SSH", "22"},
      {"a name with a dash", "node-exporter", "9100"},
      {"a name of several ports", "vnc", "5900-5920"},
      {"a name that is not in default", "gopher", "70"},
      {"a list, with overlaps", "80,22,20-30", "20-30,80"},
      {"white space", " 22 ,\t80, 100 - 102 ", "22,80,100-102"},
      {"an exclude", "all,!9100-9107", "1-9099,9108-65535"},
      {"an exclude in front", "!22,20-25", "20-21,23-25"},
      {"an exclude by name", "20-25,! ssh", "20-21,23-25"},
      {"an open exclude", "all,!-65533", "65534-65535"},
      {"an exclude of what is not there", "22,!80", "22"},
      {"leading zeros", "0022", "22"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto ports = parse_port_spec(row.spec);
    ASSERT_TRUE(ports.has_value()) << ports.error().message();
    EXPECT_EQ(ports->to_string(), row.ports);
  }
}

TEST(PortSpec, Refuses) {
  const struct {
    const char* description;
    std::string spec;
    const char* says;
  } kRows[] = {
      {"nothing", "", "a port is missing"},
      {"white space only", "  ", "a port is missing"},
      {"a comma too many", "22,", "a comma too many"},
      {"an exclude of nothing", "22,!", "a port is missing"},
      {"above the last port", "70000", "\"70000\" is not a port: ports are 1 to 65535"},
      {"port zero", "0", "\"0\" is not a port: ports are 1 to 65535"},
      {"a range from zero", "0-10", "\"0\" is not a port: ports are 1 to 65535"},
      {"beyond 64 bits", "99999999999999999999999", "ports are 1 to 65535"},
      {"a range backwards", "5-1", "did you mean 1-5?"},
      {"a range of three", "1-2-3", "\"2-3\" is not a port"},
      {"a bare dash", "-", "\"all\" means every port"},
      {"two ports without a comma", "22 80", "\"22 80\" is not a port"},
      {"a mistyped name", "sshh", "did you mean \"ssh\"?"},
      {"a mistyped keyword", "defualt", "did you mean \"default\"?"},
      {"a name that is like none", "qqqqqqqqqqqqqqqqqq", "neither a port nor a name of one"},
      {"only excludes", "!22", "did you mean \"all,!22\"?"},
      {"nothing left", "22,!20-30", "nothing is left"},
      {"hostile text", "\x1b[2J", "\"\\x1b[2J\" is neither"},
      {"a name cut by a zero byte", std::string("ssh\0x", 5), "neither a port"},
      {"a text without end", std::string(100'000, 'x'), "neither a port"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto ports = parse_port_spec(row.spec);
    ASSERT_FALSE(ports.has_value());
    EXPECT_EQ(ports.error().kind(), ErrorKind::invalid);
    EXPECT_NE(ports.error().message().find(row.says), std::string::npos) << ports.error().message();
    EXPECT_LT(ports.error().message().size(), 500U);
  }
}

TEST(PortSpec, FallsBackToTheSystemsServices) {
  std::string name;
  Port port = 0;
  setservent(0);
  while (const servent* const entry = getservent()) {
    const bool fresh =
        std::string_view(data::default_ports()).find(entry->s_name) == std::string_view::npos;
    if (std::string_view(entry->s_proto) == "tcp" && fresh) {
      name = entry->s_name;
      port = ntohs(static_cast<std::uint16_t>(entry->s_port));
      break;
    }
  }
  endservent();
  if (name.empty()) GTEST_SKIP() << "the system's services database is empty";
  const auto ports = parse_port_spec(name);
  ASSERT_TRUE(ports.has_value()) << ports.error().message();
  EXPECT_TRUE(ports->contains(port));
}

TEST(PortSpec, DefaultHoldsWhatMattersOnACluster) {
  const auto ports = parse_port_spec("default");
  ASSERT_TRUE(ports.has_value());
  for (const int port : {22,   111,  988,  1191, 2049, 4444, 6817,  6818,  6819,  6667,  7869,
                         8003, 8008, 8649, 8888, 9100, 9400, 15001, 15004, 17001, 31337, 44321}) {
    EXPECT_TRUE(ports->contains(static_cast<Port>(port))) << port;
  }
  EXPECT_FALSE(ports->contains(70)) << "a line with a dash only gives a name";
  EXPECT_GT(ports->size(), 400U);
  EXPECT_LT(ports->size(), 1000U);
}

RC_GTEST_PROP(PortSpec, ReadsWhatPortSetWrites, (const std::vector<Port>& chosen, Port one)) {
  PortSet ports;
  ports.insert(std::max<Port>(one, 1));
  for (const Port port : chosen) ports.insert(std::max<Port>(port, 1));
  const auto read = parse_port_spec(ports.to_string());
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == ports);
}

TEST(PortList, TheBuiltInListIsWellFormed) {
  const auto list = parse_port_list(data::default_ports());
  ASSERT_TRUE(list.has_value()) << list.error().message();
  std::map<std::pair<Protocol, Port>, std::string_view> seen;
  for (const ListedPorts& listed : *list) {
    EXPECT_EQ(listed.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"),
              std::string_view::npos)
        << listed.name;
    EXPECT_NE(listed.name.find_first_of("abcdefghijklmnopqrstuvwxyz"), std::string_view::npos)
        << listed.name << " would be taken for a number";
    EXPECT_FALSE(listed.description.empty()) << listed.name;
    for (std::uint32_t port = listed.first; port <= listed.last; ++port) {
      const std::pair place(listed.protocol, static_cast<Port>(port));
      EXPECT_TRUE(seen.emplace(place, listed.name).second) << port;
    }
  }
}

TEST(PortList, RefusesByLine) {
  for (const char* const line : {"22 ssh", "22/sctp ssh", "x/tcp ssh", "22/tcp", "5-1/tcp ssh"}) {
    const auto list = parse_port_list(std::string("# head\n") + line + "\n");
    ASSERT_FALSE(list.has_value()) << line;
    EXPECT_TRUE(list.error().message().starts_with("line 2 of the list: ")) << line;
  }
}

TEST(PortName, ComesFromTheList) {
  EXPECT_EQ(port_name(22, Protocol::tcp), "ssh");
  EXPECT_EQ(port_name(5907, Protocol::tcp), "vnc");
  EXPECT_EQ(port_name(70, Protocol::tcp), "gopher");
  EXPECT_EQ(port_name(64999, Protocol::tcp), "");
  EXPECT_EQ(port_name(22, Protocol::udp), "");
}

}  // namespace
}  // namespace lockstep
