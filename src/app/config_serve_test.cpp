#include "app/config_serve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.h"
#include "app/instances.h"
#include "app/value_collectors.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ServeConfig, HasTheUsualInstancesUnlessSomeAreNamed) {
  const ServeConfig usual = parse_config("", "a.toml")->serve;
  std::vector<std::string> names;
  for (const Instance& each : usual.instances) {
    names.push_back(each.name);
    EXPECT_TRUE(check_instance(each)) << each.name;
  }
  EXPECT_THAT(names, ElementsAre("all-ports", "fast-ports", "versions"));
  const auto config = parse_config(R"(
[serve]
socket = "/run/lockstep/control"
group = "hpcsec"
[instance.fast]
collector = "ports"
interval = "30m"
rate = 5000
enabled = false
[instance.mine]
collector = "exec"
command = "/usr/lib/mine --a \"b c\""
param_port = "22"
)",
                                   "a.toml");
  ASSERT_TRUE(config) << config.error().message();
  ASSERT_EQ(config->serve.instances.size(), 2U);
  EXPECT_EQ(config->serve.group, "hpcsec");
  EXPECT_EQ(config->serve.instances[0].rate, PacketsPerSecond(5000));
  EXPECT_FALSE(config->serve.instances[0].enabled);
  EXPECT_EQ(config->serve.instances[1].parameters.at("param_port"), "22");
}

TEST(ServeConfig, SaysWhereWhatIsWrong) {
  const struct {
    const char* text;
    const char* told;
  } rows[] = {
      {"[instance.a]\ncollector = \"prots\"", "a.toml:2"},
      {"[instance.a]\ncollector = \"ports\"\ninterval = \"soon\"", "a.toml:3"},
      {"[instance.a]\ncollector = \"ports\"\nintervall = \"1h\"", "did you mean interval?"},
      {"[instance.a]\ncollector = \"ports\"\nports = \"0\"", "a.toml:3"},
      {"[instance.a]\ninterval = \"1h\"", "collector"},
      {"[instance.a]\ncollector = \"exec\"", "command"},
      {"[instance.a]\ncollector = \"exec\"\ncommand = \"a \\\"b\"", "quote"},
      {"[instance.a]\ncollector = \"exec\"\ncommand = \"a\"\ncompare = \"yes\"", "class or none"},
      {"[instance.a]\ncollector = \"pcp\"\nport = \"x\"", "a.toml:3"},
      {"[instance.\"a b\"]\ncollector = \"ports\"", "is no name"},
      {"[instance.a]\ncollector = \"ports\"\nnodes = \"a\\nb\"", "more than a line"},
      {"[serve]\nsocket = \"control\"", "no absolute path"},
      {"[serve]\nsockets = \"/x\"", "sockets"},
  };
  for (const auto& row : rows) {
    const auto config = parse_config(row.text, "a.toml");
    ASSERT_FALSE(config) << row.text;
    EXPECT_THAT(config.error().message(), HasSubstr(row.told)) << row.text;
  }
}

TEST(Instances, AskThePortsThatTheyName) {
  Config config;
  config.scan.ports = "1-100";
  config.scan.udp_ports = "53";
  config.scan.exclude_ports = "50";
  const auto ports = [&](const InstanceSettings& settings) {
    InstanceSettings all = settings;
    all.emplace("collector", "ports");
    return ports_of_instance(*parse_instance("x", all), config)->to_string();
  };
  EXPECT_EQ(ports({}), "1-49,51-100;udp:53");
  EXPECT_EQ(ports({{"ports", "22,50"}}), "22");
  EXPECT_EQ(ports({{"udp_ports", "53"}}), "udp:53");
}

TEST(SplitCommand, HoldsQuotedWordsTogether) {
  EXPECT_THAT(*split_command("  a  \"b c\"d \"\" "), ElementsAre("a", "b cd", ""));
  EXPECT_FALSE(split_command(""));
  EXPECT_FALSE(split_command("\"\""));
  EXPECT_FALSE(split_command("a \"b"));
}

TEST(ServeTables, SayWhoRunsPlugIns) {
  const auto none = parse_config("", "lockstep.toml");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->serve.plugins_user, "");
  EXPECT_EQ(none->serve.plugins_socket, "");
  const auto user = parse_config("[serve]\nplugins_user = \"nobody\"\n", "lockstep.toml");
  ASSERT_TRUE(user);
  EXPECT_EQ(user->serve.plugins_user, "nobody");
  const auto socket = parse_config("[serve]\nplugins_socket = \"/run/host\"\n", "lockstep.toml");
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->serve.plugins_socket, "/run/host");
}

TEST(ServeTables, SayWhatIsWrongWithThem) {
  const struct {
    const char* description;
    const char* text;
    const char* told;
  } rows[] = {
      {"mistyped", "[serve]\nplugin_user = \"nobody\"\n", "did you mean plugins_user?"},
      {"a socket that is nowhere", "[serve]\nplugins_socket = \"host\"\n", "no absolute path"},
      {"both", "[serve]\nplugins_user = \"nobody\"\nplugins_socket = \"/run/host\"\n",
       "goes without plugins_socket"},
      {"a user of an instance",
       "[instance.a]\ncollector = \"exec\"\ncommand = \"/bin/a\"\ninterval = \"1h\"\nuser = "
       "\"b\"\n",
       "user"},
  };
  for (const auto& row : rows) {
    const auto parsed = parse_config(row.text, "lockstep.toml");
    ASSERT_FALSE(parsed) << row.description;
    EXPECT_THAT(parsed.error().message(), HasSubstr(row.told)) << row.description;
  }
}

}  // namespace
}  // namespace lockstep
