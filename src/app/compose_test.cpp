// From configurations with real files to inventories, policies and fences.

#include "app/compose.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "net/io/memory.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using testing::UnorderedElementsAre;

class Compose : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/lockstep-compose-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    ::unsetenv("LOCKSTEP_CONFIG");
  }
  void TearDown() override {
    ::unsetenv("LOCKSTEP_CONFIG");
    std::filesystem::remove_all(folder_);
  }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  Config config(const std::string& text) const {
    auto config = load_config(write("lockstep.toml", text));
    EXPECT_TRUE(config) << (config ? "" : config.error().message());
    return config.value_or(Config{});
  }

  /// "node1 rack1 compute,gpu 198.18.0.1@management", a node each.
  static std::vector<std::string> told(const Inventory& inventory) {
    std::vector<std::string> lines;
    for (const auto& [name, node] : inventory.nodes) {
      std::string line = fmt::format("{} {} ", name, node.group.empty() ? "-" : node.group);
      for (const std::string& one : node.classes) line += one + ",";
      for (const NodeAddress& each : node.addresses) {
        line += fmt::format(" {}@{}", each.address.to_string(), each.network);
      }
      lines.push_back(line);
    }
    return lines;
  }

  std::filesystem::path folder_;
};

// --- Which configuration. ---

TEST_F(Compose, TheNamedFileIsRead) {
  const std::string path = write("a.toml", "[cluster]\nname = \"tara\"\n");
  const auto setup = load_setup(path);
  ASSERT_TRUE(setup);
  EXPECT_TRUE(setup->from_file());
  EXPECT_EQ(setup->path, path);
  EXPECT_EQ(setup->config.cluster, "tara");
  EXPECT_TRUE(require_file(*setup));
}

TEST_F(Compose, ANameGoesBeforeTheEnvironment) {
  const std::string from_environment = write("env.toml", "[cluster]\nname = \"env\"\n");
  const std::string named = write("named.toml", "[cluster]\nname = \"named\"\n");
  ::setenv("LOCKSTEP_CONFIG", from_environment.c_str(), 1);
  EXPECT_EQ(load_setup("")->config.cluster, "env");
  EXPECT_EQ(load_setup(named)->config.cluster, "named");
}

TEST_F(Compose, AFileThatIsNotThereIsAnError) {
  const std::string path = folder_ / "none.toml";
  for (const bool by_environment : {false, true}) {
    if (by_environment) ::setenv("LOCKSTEP_CONFIG", path.c_str(), 1);
    const auto setup = load_setup(by_environment ? "" : path);
    ASSERT_FALSE(setup);
    EXPECT_EQ(setup.error().kind(), ErrorKind::not_found);
    EXPECT_THAT(setup.error().message(), HasSubstr("none.toml"));
  }
}

TEST_F(Compose, WithoutAnyTheDefaultsHoldForWhatNeedsNone) {
  if (std::filesystem::exists(kDefaultConfigPath)) GTEST_SKIP() << "this machine has one";
  const auto setup = load_setup("");
  ASSERT_TRUE(setup);
  EXPECT_FALSE(setup->from_file());
  const auto required = require_file(*setup);
  ASSERT_FALSE(required);
  EXPECT_EQ(required.error().kind(), ErrorKind::invalid);
  EXPECT_THAT(required.error().message(), HasSubstr("--config FILE"));
  EXPECT_THAT(required.error().message(), HasSubstr(kDefaultConfigPath));
}

// --- Inventory. ---

TEST_F(Compose, EachSourceGivesItsPart) {
  write("nodes.csv", "name,address,class,group\nio1,198.18.1.1,storage,rack9\n");
  write("genders", "login[1-2] login,rack=r1\n");
  write("groups.conf",
        "[Main]\ndefault: here\n[here]\nmap: echo gpu1\nlist: echo gpu\nall: echo gpu1\n");
  const Config all = config(R"(
[class.compute]
node_rate = 10
[[network]]
name = "fabric"
prefixes = ["198.19.0.0/16"]
scan = true
[[nodes]]
nodes = "node[1-2]"
class = "compute"
addresses = ["198.18.0.1-2"]
[[nodes]]
nodes = "node1"
addresses = ["198.19.0.1"]
[[inventory]]
type = "csv"
file = "nodes.csv"
[[inventory]]
type = "genders"
file = "genders"
class_attributes = ["login"]
group_attribute = "rack"
[[inventory]]
type = "groups"
file = "groups.conf"
)");
  EXPECT_EQ(make_sources(all).size(), 3U);
  const auto inventory = load_inventory(all);
  ASSERT_TRUE(inventory) << inventory.error().message();
  EXPECT_THAT(
      told(*inventory),
      ElementsAre("gpu1 - gpu,", "io1 rack9 storage, 198.18.1.1@management", "login1 r1 login,",
                  "login2 r1 login,", "node1 - compute, 198.18.0.1@management 198.19.0.1@fabric",
                  "node2 - compute, 198.18.0.2@management"));
  EXPECT_EQ(inventory->classes.at("compute").node_rate, PacketsPerSecond(10));
}

TEST_F(Compose, SourcesAddUpForANode) {
  write("nodes.csv", "name,address,class,group\nnode1,198.18.7.1,gpu,rack1\n");
  const auto inventory = load_inventory(config(R"(
[[nodes]]
nodes = "node1"
class = "compute"
[[inventory]]
type = "csv"
file = "nodes.csv"
)"));
  ASSERT_TRUE(inventory) << inventory.error().message();
  EXPECT_THAT(told(*inventory), ElementsAre("node1 rack1 compute,gpu, 198.18.7.1@management"));
}

TEST_F(Compose, AnErrorNamesItsSource) {
  write("bad.csv", "name,address\nnode1,198.18.0.999\n");
  write("other.csv", "name,group\nnode1,rack2\n");
  const struct {
    const char* description;
    const char* text;
    const char* says;
  } kRows[] = {
      {"a file that is missing", "[[inventory]]\ntype = \"csv\"\nfile = \"none.csv\"\n",
       "none.csv"},
      {"a genders file that is missing",
       "[[inventory]]\ntype = \"genders\"\nfile = \"none\"\nclass_attributes = [\"a\"]\n",
       "genders"},
      {"an address that is none", "[[inventory]]\ntype = \"csv\"\nfile = \"bad.csv\"\n", "bad.csv"},
      {"two groups for a node",
       "[[nodes]]\nnodes = \"node1\"\ngroup = \"rack1\"\n"
       "[[inventory]]\ntype = \"csv\"\nfile = \"other.csv\"\n",
       "the configuration"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto inventory = load_inventory(config(row.text));
    ASSERT_FALSE(inventory);
    EXPECT_THAT(inventory.error().message(), HasSubstr(row.says));
  }
}

TEST_F(Compose, NamesResolveAndGetTheirNetwork) {
  const Config cluster = config(R"(
[scan]
resolve_timeout_s = 5
[[network]]
name = "loop"
prefixes = ["127.0.0.0/8", "::1/128"]
scan = true
[[nodes]]
nodes = "localhost,nowhere.invalid,other"
)");
  Inventory inventory = *load_inventory(cluster);
  const auto unresolved = resolve_inventory(cluster, inventory, {"localhost", "nowhere.invalid"});
  ASSERT_FALSE(inventory.nodes.at("localhost").addresses.empty());
  for (const NodeAddress& each : inventory.nodes.at("localhost").addresses) {
    EXPECT_EQ(each.network, "loop");
  }
  ASSERT_TRUE(unresolved.contains("nowhere.invalid"));
  EXPECT_THAT(unresolved.at("nowhere.invalid"), StartsWith("its name has no address: "));
  EXPECT_FALSE(unresolved.contains("other")) << "nobody asked for it";
  EXPECT_TRUE(inventory.nodes.at("other").addresses.empty());
}

// --- Policy, fence, ports. ---

constexpr const char* kPolicy = R"(
[scan]
allow = ["198.18.0.0/15"]
exclude = ["node[2-3]", "@storage", "198.18.9.0/24"]
node_rate = 7
[[network]]
name = "fabric"
prefixes = ["198.19.0.0/16"]
scan = true
[[network]]
name = "bmc"
prefixes = ["fd00::/8"]
scan = false
[[nodes]]
nodes = "node[1-3]"
class = "compute"
addresses = ["198.18.0.1-3"]
[[nodes]]
nodes = "io1"
class = "storage"
addresses = ["198.18.1.1"]
)";

TEST_F(Compose, ThePolicyIsTheConfigurations) {
  const Config cluster = config(kPolicy);
  const auto policy = make_policy(cluster, *load_inventory(cluster), {});
  ASSERT_TRUE(policy) << policy.error().message();
  EXPECT_THAT(policy->networks, UnorderedElementsAre("management", "fabric"));
  EXPECT_THAT(policy->excluded_nodes.names(), ElementsAre("io1", "node2", "node3"));
  EXPECT_EQ(policy->node_rate, PacketsPerSecond(7));
  EXPECT_FALSE(policy->asked_node_rate);
}

TEST_F(Compose, ANodeRateOnTheCommandLineGoesBeforeAll) {
  const Config cluster = config(kPolicy);
  cli::PortOptions options;
  options.node_rate = PacketsPerSecond(3);
  EXPECT_EQ(make_policy(cluster, *load_inventory(cluster), options)->asked_node_rate,
            PacketsPerSecond(3));
}

TEST_F(Compose, AMistypedExcludeIsAnError) {
  const Config cluster = config("[scan]\nexclude = [\"nod1\"]\n[[nodes]]\nnodes = \"node1\"\n");
  const auto policy = make_policy(cluster, *load_inventory(cluster), {});
  ASSERT_FALSE(policy);
  EXPECT_THAT(policy.error().message(), StartsWith("[scan] exclude: "));
  EXPECT_THAT(policy.error().message(), HasSubstr("did you mean node1?"));
}

TEST_F(Compose, TheFenceLeavesOutWhatIsExcludedByAddressAndByNode) {
  const Config cluster = config(kPolicy);
  const Inventory inventory = *load_inventory(cluster);
  const scan::Fence fence =
      make_fence(cluster, cluster.scan.allow, inventory, *make_policy(cluster, inventory, {}));
  const struct {
    const char* description;
    const char* address;
    bool permitted;
  } kRows[] = {
      {"node1", "198.18.0.1", true},
      {"node2, excluded by name, under whatever name it comes", "198.18.0.2", false},
      {"node3", "198.18.0.3", false},
      {"io1, excluded by class", "198.18.1.1", false},
      {"an excluded prefix", "198.18.9.77", false},
      {"a neighbour of it", "198.18.10.0", true},
      {"not allowed at all", "10.0.0.1", false},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(fence.permits(*IpAddress::parse(row.address)), row.permitted) << row.description;
  }
}

TEST_F(Compose, PortsAreThoseAskedForWithoutTheExcluded) {
  EXPECT_EQ(make_ports("1-10", "", "")->to_string(), "1-10");
  EXPECT_EQ(make_ports("1-10", "", "3-4,10")->to_string(), "1-2,5-9");
  EXPECT_EQ(make_ports("all", "", "")->size(), 65535U);
  EXPECT_THAT(make_ports("22", "", "1-100").error().message(), HasSubstr("no port is left"));
  EXPECT_THAT(make_ports("70000", "", "").error().message(), HasSubstr("70000"));
  EXPECT_EQ(make_ports("22", "", "sssh").error().kind(), ErrorKind::invalid);
}

// --- Store and collector. ---

TEST_F(Compose, TheStoreLiesWhereTheConfigurationSays) {
  const auto url = [&](const std::string& place) {
    return config(fmt::format("[store]\nurl = \"sqlite://{}\"\n", place));
  };
  EXPECT_TRUE(make_store(url((folder_ / "a.db").string())));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "a.db"));
  const auto none = make_store(url((folder_ / "none/a.db").string()));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind(), ErrorKind::not_found);
}

TEST_F(Compose, AnInterfaceThatIsNotThereIsAnErrorBeforeAnyWork) {
  net::MemoryNetwork links;
  cli::PortOptions options;
  options.engine = "connect";
  EXPECT_TRUE(
      make_port_collector({}, options, {}, *make_ports("22", "", ""), {EngineUse::scan, links}));
  options.interface = "nosuch0";
  const auto none =
      make_port_collector({}, options, {}, *make_ports("22", "", ""), {EngineUse::scan, links});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind(), ErrorKind::not_found);
  EXPECT_THAT(none.error().message(), HasSubstr("nosuch0"));
}

}  // namespace
}  // namespace lockstep
