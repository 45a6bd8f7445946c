#include "app/config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kPath = "/etc/lockstep/lockstep.toml";

constexpr std::string_view kFull = R"(
[cluster]
name = "tara"

[store]
url = "sqlite:///srv/lockstep.db"
spool_mib = 64

[scan]
allow = ["198.18.0.0/15", "fd00::/8"]
exclude = ["198.18.0.7", "node[13,17]", "198.18.9.0/24", "fd00::1", "@slurm:down"]
ports = "1-1024,8080"
exclude_ports = "100-200"
engine = "packet"
interface = "eth0"
xdp_interfaces = ["eth0", "eth1"]
rate = "unlimited"
group_rate = 2500.5
node_rate = 20
tries = 5
resolve_timeout_s = 3
resume_within_s = 60
state_dir = "state"

[[network]]
name = "fabric"
prefixes = ["198.19.0.0/16"]
scan = false

[[network]]
name = "bmc"
prefixes = ["fd00::/64"]
scan = true

[class.compute]
node_rate = 10

[class.login]

[[nodes]]
nodes = "node[001-512]"
class = "compute"
group = "rack1"
addresses = ["198.18.1.1-198.18.3.0"]

[[nodes]]
nodes = "login[1-4]"
classes = ["login", "compute"]
addresses = ["198.19.0.0/30"]
network = "fabric"

[[inventory]]
type = "csv"
file = "nodes.csv"

[[inventory]]
type = "genders"
file = "/etc/genders"
class_attributes = ["compute", "login"]
group_attribute = "rack"

[[inventory]]
type = "groups"
file = "../clustershell/groups.conf"
source = "slurm"
classes = ["gpu"]

[[inventory]]
type = "slurm"
partitions = ["*", "long=compute"]
features = ["gpu"]
addresses = false

[[inventory]]
type = "slurm"
)";

TEST(ParseConfig, ReadsEveryKey) {
  const Result<Config> parsed = parse_config(kFull, kPath);
  ASSERT_TRUE(parsed) << parsed.error().message();
  const Config& config = *parsed;
  EXPECT_EQ(config.cluster, "tara");
  EXPECT_EQ(config.store.url, "sqlite:///srv/lockstep.db");
  EXPECT_EQ(config.store.spool_mib, 64);

  EXPECT_THAT(config.scan.allow,
              ElementsAre(*Prefix::parse("198.18.0.0/15"), *Prefix::parse("fd00::/8")));
  ASSERT_EQ(config.scan.exclude_addresses.size(), 3U);
  EXPECT_EQ(config.scan.exclude_addresses[1].last.to_string(), "198.18.9.255");
  EXPECT_THAT(config.scan.exclude_nodes, ElementsAre("node[13,17]", "@slurm:down"));
  EXPECT_EQ(config.scan.ports, "1-1024,8080");
  EXPECT_EQ(config.scan.exclude_ports, "100-200");
  EXPECT_EQ(config.scan.engine, "packet");
  EXPECT_EQ(config.scan.interface, "eth0");
  EXPECT_THAT(config.scan.xdp_interfaces, ElementsAre("eth0", "eth1"));
  EXPECT_TRUE(config.scan.rate.is_unlimited());
  EXPECT_EQ(config.scan.group_rate.value(), 2500.5);
  EXPECT_EQ(config.scan.node_rate.value(), 20);
  EXPECT_EQ(config.scan.tries, 5);
  EXPECT_EQ(config.scan.resolve_timeout, std::chrono::seconds(3));
  EXPECT_EQ(config.scan.resume_within, std::chrono::minutes(1));
  EXPECT_THAT(config.scan.state_dir, testing::EndsWith("/state"));

  ASSERT_EQ(config.networks.size(), 2U);
  EXPECT_EQ(config.networks[0].name, "fabric");
  EXPECT_THAT(config.networks[0].prefixes, ElementsAre(*Prefix::parse("198.19.0.0/16")));
  EXPECT_THAT(config.scanned_networks, ElementsAre("bmc", "management"));

  ASSERT_EQ(config.classes.size(), 2U);
  EXPECT_EQ(config.classes.at("compute").node_rate, PacketsPerSecond(10));
  EXPECT_EQ(config.classes.at("login").node_rate, std::nullopt);

  ASSERT_EQ(config.nodes.size(), 2U);
  EXPECT_EQ(config.nodes[0].nodes, "node[001-512]");
  EXPECT_THAT(config.nodes[0].classes, ElementsAre("compute"));
  EXPECT_EQ(config.nodes[0].group, "rack1");
  EXPECT_THAT(config.nodes[0].addresses, ElementsAre("198.18.1.1-198.18.3.0"));
  EXPECT_EQ(config.nodes[0].network, "");
  EXPECT_THAT(config.nodes[1].classes, ElementsAre("login", "compute"));
  EXPECT_EQ(config.nodes[1].network, "fabric");

  ASSERT_EQ(config.inventory.size(), 5U);
  EXPECT_EQ(std::get<CsvConfig>(config.inventory[0]).file, "/etc/lockstep/nodes.csv");
  const auto& genders = std::get<GendersConfig>(config.inventory[1]);
  EXPECT_EQ(genders.file, "/etc/genders");
  EXPECT_THAT(genders.class_attributes, ElementsAre("compute", "login"));
  EXPECT_EQ(genders.group_attribute, "rack");
  const auto& groups = std::get<GroupsConfig>(config.inventory[2]);
  EXPECT_EQ(groups.file, "/etc/lockstep/../clustershell/groups.conf");
  EXPECT_EQ(groups.source, "slurm");
  EXPECT_THAT(groups.classes, ElementsAre("gpu"));
  using Names = std::map<std::string, std::string>;
  const auto& slurm = std::get<SlurmConfig>(config.inventory[3]);
  EXPECT_EQ(slurm.partitions, (Names{{"*", "*"}, {"long", "compute"}}));
  EXPECT_EQ(slurm.features, (Names{{"gpu", "gpu"}}));
  EXPECT_FALSE(slurm.addresses);
  const auto& all = std::get<SlurmConfig>(config.inventory[4]);
  EXPECT_EQ(all.partitions, (Names{{"*", "*"}}));
  EXPECT_TRUE(all.features.empty());
  EXPECT_TRUE(all.addresses);
}

TEST(ParseConfig, AnEmptyFileHasTheGentleDefaults) {
  const Result<Config> config = parse_config("", kPath);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->cluster, "cluster");
  EXPECT_TRUE(config->scan.allow.empty());
  EXPECT_EQ(config->scan.ports, "all");
  EXPECT_EQ(config->scan.engine, "auto");
  EXPECT_EQ(config->scan.rate, PacketsPerSecond(20000));
  EXPECT_EQ(config->scan.group_rate, PacketsPerSecond(5000));
  EXPECT_EQ(config->scan.node_rate, PacketsPerSecond(50));
  EXPECT_EQ(config->scan.tries, 3);
  EXPECT_EQ(config->store.spool_mib, 256);
  EXPECT_EQ(config->scan.resolve_timeout, std::chrono::seconds(10));
  EXPECT_EQ(config->scan.resume_within, std::chrono::hours(1));
}

struct BadFile {
  std::string_view description;
  std::string text;
  std::string_view where;  // LINE:COLUMN
  std::vector<std::string_view> says;
};

void PrintTo(const BadFile& row, std::ostream* out) {
  *out << row.description;
}

class BadConfig : public testing::TestWithParam<BadFile> {};

TEST_P(BadConfig, IsToldWithItsPlaceAndARemedy) {
  const BadFile& row = GetParam();
  const Result<Config> config = parse_config(row.text, "a.toml");
  ASSERT_FALSE(config) << row.description;
  EXPECT_EQ(config.error().kind(), ErrorKind::invalid) << row.description;
  const std::string& message = config.error().message();
  EXPECT_THAT(message, StartsWith(fmt::format("a.toml:{}: ", row.where))) << row.description;
  for (const std::string_view part : row.says) {
    EXPECT_THAT(message, HasSubstr(std::string(part))) << row.description;
  }
  EXPECT_EQ(message.find('\n'), std::string::npos) << row.description << ": one problem only:\n"
                                                   << message;
}

const std::string kNodes = "[[nodes]]\nnodes = \"n[1-4]\"\n";
const std::string kNetwork = "[[network]]\nname = \"ib\"\nprefixes = [\"198.19.0.0/16\"]\n";

INSTANTIATE_TEST_SUITE_P(
    Keys, BadConfig,
    testing::Values(
        BadFile{"mistyped table", "[scann]\n", "1:2", {"table scann", "did you mean scan?"}},
        BadFile{"setting outside its table", "rate = 5\n", "1:1", {"setting or table rate"}},
        BadFile{
            "unlike any",
            "[zzzzzzzz]\n",
            "1:2",
            {"known are cluster, store, scan, analysis, profiles, severity, services, network"}},
        BadFile{"key of [cluster]",
                "[cluster]\nnmae = \"x\"\n",
                "2:1",
                {"[cluster] has no key nmae", "did you mean name?"}},
        BadFile{"key of [store]", "[store]\n\nurI = \"x\"\n", "3:1", {"did you mean url?"}},
        BadFile{"key of [scan]",
                "[scan]\n  node-rate = 5\n",
                "2:3",
                {"[scan] has no key node-rate", "did you mean node_rate?"}},
        BadFile{"key of [[network]]",
                kNetwork + "scan = true\nprefix = []\n",
                "5:1",
                {"[[network]] has no key prefix", "did you mean prefixes?"}},
        BadFile{"key of [class.x]",
                "[class.gpu]\nnode_rat = 5\n",
                "2:1",
                {"[class.gpu] has no key node_rat", "did you mean node_rate?"}},
        BadFile{"key of [[nodes]]",
                kNodes + "adresses = []\n",
                "3:1",
                {"[[nodes]] has no key adresses", "did you mean addresses?"}},
        BadFile{"key of [[inventory]]",
                "[[inventory]]\ntype = \"genders\"\nfile = \"g\"\ngroup_atribute = \"rack\"\n",
                "4:1",
                {"[[inventory]] has no key group_atribute", "did you mean group_attribute?"}},
        BadFile{"key of another type of source",
                "[[inventory]]\ntype = \"csv\"\nfile = \"f\"\nsource = \"slurm\"\n",
                "4:1",
                {"has no key source", "known are type, file"}},
        BadFile{"key that could move a cursor",
                "[scan]\n\"a\\u001b[2J\" = 1\n",
                "2:1",
                {R"("a\x1b[2J")"}},
        BadFile{"duplicate key", "[scan]\ntries = 1\ntries = 2\n", "3:9", {"not TOML", "tries"}},
        BadFile{"duplicate class", "[class.a]\n[class.a]\n", "2:1", {"not TOML", "a"}}));

INSTANTIATE_TEST_SUITE_P(
    Values, BadConfig,
    testing::Values(
        BadFile{"number for text",
                "[cluster]\nname = 5\n",
                "2:8",
                {"[cluster] name: is a whole number; write text, in quotes"}},
        BadFile{"text for a table", "scan = \"all\"\n", "1:8", {"is text; write a table, [scan]"}},
        BadFile{"table for tables",
                "[nodes]\nnodes = \"n1\"\n",
                "1:1",
                {"is a table; write tables, each under [[nodes]]"}},
        BadFile{"text for a list",
                "[scan]\nallow = \"198.18.0.0/15\"\n",
                "2:9",
                {"is text; write a list"}},
        BadFile{"text for a flag",
                kNetwork + "scan = \"no\"\n",
                "4:8",
                {"[[network]] scan: is text; write true or false"}},
        BadFile{
            "date", "[scan]\ntries = 2024-01-01\n", "2:9", {"is a date or time; write a whole"}},
        BadFile{"name with a blank",
                "[cluster]\nname = \"my cluster\"\n",
                "2:8",
                {"\"my cluster\" cannot name a cluster"}},
        BadFile{"store of an unknown kind",
                "[store]\nurl = \"oracle://x\"\n",
                "2:7",
                {"\"oracle://x\"", "sqlite:///ABSOLUTE/PATH", "mariadb://HOST/DATABASE"}},
        BadFile{"store with two slashes",
                "[store]\nurl = \"sqlite://a.db\"\n",
                "2:7",
                {"three slashes"}},
        BadFile{"prefix too long",
                "[scan]\nallow = [\"fd00::/8\", \"198.18.0.0/33\"]\n",
                "2:22",
                {"[scan] allow: \"198.18.0.0/33\"", "0 to 32"}},
        BadFile{"prefix with host bits",
                "[scan]\nallow = [\"198.18.0.1/15\"]\n",
                "2:10",
                {"did you mean 198.18.0.0/15?"}},
        BadFile{"mistyped address is no node",
                "[scan]\nexclude = [\"198.18.0.300\"]\n",
                "2:12",
                {"\"198.18.0.300\" is not an IP address"}},
        BadFile{"empty exclusion", "[scan]\nexclude = [\"\"]\n", "2:12", {"is empty"}},
        BadFile{"port above 65535", "[scan]\nports = \"22,70000\"\n", "2:9", {"70000", "65535"}},
        BadFile{
            "excluded port above 65535", "[scan]\nexclude_ports = \"70000\"\n", "2:17", {"70000"}},
        BadFile{"ports as a number", "[scan]\nports = 22\n", "2:9", {"write text, \"22\""}},
        BadFile{"engine", "[scan]\nengine = \"pakcet\"\n", "2:10", {"did you mean \"packet\"?"}},
        BadFile{"unlike any engine",
                "[scan]\nengine = \"quantum\"\n",
                "2:10",
                {"write one of \"auto\", \"packet\", \"xdp\", \"connect\""}},
        BadFile{"mistyped xdp_interfaces",
                "[scan]\nxdp_interface = [\"eth0\"]\n",
                "2:1",
                {"did you mean xdp_interfaces?"}},
        BadFile{
            "interface", "[scan]\ninterface = \"a-very-long-interface\"\n", "2:13", {"`ip link`"}},
        BadFile{"negative rate", "[scan]\nrate = -5\n", "2:8", {"[scan] rate: is -5", "above 0"}},
        BadFile{"rate 0", "[scan]\nnode_rate = 0\n", "2:13", {"is 0", "above 0"}},
        BadFile{"rate of no number", "[scan]\nrate = nan\n", "2:8", {"is nan", "above 0"}},
        BadFile{"endless rate", "[scan]\nrate = inf\n", "2:8", {"is inf", "\"unlimited\""}},
        BadFile{"mistyped rate",
                "[scan]\nrate = \"unlimted\"\n",
                "2:8",
                {"\"unlimted\"", "did you mean \"unlimited\"?"}},
        BadFile{"rate as text", "[scan]\nrate = \"5000\"\n", "2:8", {"write a number"}},
        BadFile{"rate of a class",
                "[class.a]\nnode_rate = -1\n",
                "2:13",
                {"[class.a] node_rate: is -1"}},
        BadFile{
            "no tries", "[scan]\ntries = 0\n", "2:9", {"is 0; write a whole number from 1 to 20"}},
        BadFile{"large spool", "[store]\nspool_mib = 65537\n", "2:13", {"from 0 to 65536"}},
        BadFile{"many tries", "[scan]\ntries = 21\n", "2:9", {"from 1 to 20"}},
        BadFile{"endless resolving",
                "[scan]\nresolve_timeout_s = 9999999999\n",
                "2:21",
                {"from 1 to 600"}},
        BadFile{"name of a class",
                "[class.\"a b\"]\n",
                "1:1",
                {"[class.\"a b\"]", "cannot name a class"}},
        BadFile{"class that is no table",
                "[class]\na = 5\n",
                "2:5",
                {"[class] a: is a whole number; write a table, [class.a]"}}));

INSTANTIATE_TEST_SUITE_P(
    Wholes, BadConfig,
    testing::Values(
        BadFile{"network without scan", kNetwork, "1:1", {"[[network]] lacks scan"}},
        BadFile{"network twice",
                kNetwork + "scan = true\n" + kNetwork + "scan = true\n",
                "6:8",
                {"\"ib\" is described twice"}},
        BadFile{"nodes without nodes",
                "[[nodes]]\nclass = \"a\"\n",
                "1:1",
                {"[[nodes]] lacks nodes", "nodes = \"node[001-512]\""}},
        BadFile{"backward nodeset", "[[nodes]]\nnodes = \"node[5-1]\"\n", "2:9", {"node[5-1]"}},
        BadFile{"absurd nodeset",
                "[scan]\nexclude = [\"node[1-999999999]\"]\n",
                "2:12",
                {"[scan] exclude", "999999999"}},
        BadFile{"class and classes",
                kNodes + "class = \"a\"\nclasses = [\"b\"]\n",
                "3:9",
                {"stands beside classes"}},
        BadFile{"class twice",
                kNodes + "classes = [\"b\", \"a\", \"b\"]\n",
                "3:11",
                {"names \"b\" twice"}},
        BadFile{"bad range of addresses",
                kNodes + "addresses = [\"198.18.0.9-198.18.0.1\"]\n",
                "3:14",
                {"ends before it begins"}},
        BadFile{"network that is not listed",
                kNetwork + "scan = true\n" + kNodes +
                    "addresses = [\"fd00::/126\"]\nnetwork = \"lb\"\n",
                "8:11",
                {"\"lb\" has no [[network]]", "did you mean \"ib\"?"}},
        BadFile{"network without addresses",
                kNetwork + "scan = true\n" + kNodes + "network = \"ib\"\n",
                "7:11",
                {"[[nodes]] network: is that of addresses"}},
        BadFile{"source without a type",
                "[[inventory]]\nfile = \"f\"\n",
                "1:1",
                {"[[inventory]] lacks type"}},
        BadFile{"source of an unknown type",
                "[[inventory]]\ntype = \"cvs\"\nfile = \"f\"\nx = 1\n",
                "2:8",
                {"did you mean \"csv\"?"}},
        BadFile{"partition without a name",
                "[[inventory]]\ntype = \"slurm\"\npartitions = [\"=compute\"]\n",
                "3:15",
                {"names nothing"}},
        BadFile{"partition as a class that cannot be",
                "[[inventory]]\ntype = \"slurm\"\npartitions = [\"long=a b\"]\n",
                "3:15",
                {"cannot name a class"}},
        BadFile{"file beside Slurm",
                "[[inventory]]\ntype = \"slurm\"\nfile = \"f\"\n",
                "3:1",
                {"has no key file"}},
        BadFile{"source without a file", "[[inventory]]\ntype = \"csv\"\n", "1:1", {"lacks file"}},
        BadFile{"syntax error", "[scan]\nrate 5\n", "2:6", {"not TOML"}},
        BadFile{"unfinished text", "[cluster]\nname = \"a\n", "2:10", {"not TOML"}},
        BadFile{
            "bytes that are not UTF-8", "[cluster]\nname = \"\xff\xfe\"\n", "2:8", {"not TOML"}},
        // Undefined behaviour in the library itself: see toml_document.cpp.
        BadFile{"letter outside of quotes", "[cluster]\nname = \xc3\xa9\n", "2:8", {"not TOML"}},
        BadFile{"letter after a line's end",
                "a = \"\"\"\\\n\xc2\xa7\"\"\"\n",
                "1:1",
                {"no setting or table a"}},
        BadFile{"NUL", std::string("[scan]\n\0tries = 1\n", 18), "2:1", {"not TOML"}},
        BadFile{"deep nesting", "a = " + std::string(100000, '['), "1:261", {"not TOML"}}));

TEST(ParseConfig, DoesNotProbeTheDefaultNetworkWhereTheFileSaysSo) {
  const Result<Config> config = parse_config(
      "[[network]]\nname = \"management\"\nprefixes = [\"fd00::/8\"]\nscan = false\n", kPath);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_THAT(config->scanned_networks, testing::IsEmpty());
}

TEST(ParseConfig, TellsAllProblemsInTheOrderOfTheFile) {
  const Result<Config> config = parse_config(
      "[scan]\nrate = 0\nallow = [\"x\", \"fd00::/8\", \"y\"]\nbogus = 1\n[cluster]\nname = 1\n",
      "a.toml");
  ASSERT_FALSE(config);
  std::vector<std::string> places;
  for (std::istringstream lines(config.error().message()); !lines.eof();) {
    std::string line;
    std::getline(lines, line);
    places.push_back(line.substr(0, line.find(": ")));
  }
  EXPECT_THAT(places,
              ElementsAre("a.toml:2:8", "a.toml:3:10", "a.toml:3:27", "a.toml:4:1", "a.toml:6:8"));
}

TEST(ParseConfig, CountsProblemsBeyondTwenty) {
  std::string text;
  for (int i = 0; i < 1500; ++i) text += fmt::format("key{} = 1\n", i);
  const Result<Config> config = parse_config(text, "a.toml");
  ASSERT_FALSE(config);
  const std::string& message = config.error().message();
  EXPECT_EQ(std::ranges::count(message, '\n'), 20);
  EXPECT_THAT(message, HasSubstr("a.toml: and 1,480 more"));
}

class LoadConfig : public testing::Test {
 protected:
  LoadConfig() {
    std::string name = (std::filesystem::temp_directory_path() / "config_test.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~LoadConfig() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  std::filesystem::path folder_;
};

TEST_F(LoadConfig, ReadsAFileAndResolvesPathsBesideIt) {
  const std::string path = write("a.toml", "[[inventory]]\ntype = \"csv\"\nfile = \"nodes.csv\"\n");
  const Result<Config> config = load_config(path);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(std::get<CsvConfig>(config->inventory.at(0)).file, (folder_ / "nodes.csv").string());
}

TEST_F(LoadConfig, TellsAMissingFile) {
  const Result<Config> config = load_config((folder_ / "none.toml").string());
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind(), ErrorKind::not_found);
  EXPECT_THAT(config.error().message(), HasSubstr("none.toml"));
}

TEST_F(LoadConfig, TellsAFolder) {
  const Result<Config> config = load_config(folder_.string());
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind(), ErrorKind::invalid);
  EXPECT_THAT(config.error().message(), HasSubstr("is a folder"));
}

TEST_F(LoadConfig, RefusesAHugeFileWithoutReadingItAll) {
  const std::string path = write("huge.toml", std::string(10 << 20, '#'));
  const Result<Config> config = load_config(path);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind(), ErrorKind::invalid);
  EXPECT_THAT(config.error().message(), HasSubstr("larger than 4 MiB"));
}

}  // namespace
}  // namespace lockstep
