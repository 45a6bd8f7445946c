#include "inventory/groups/groups_source.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "inventory/test_folder.h"
#include "model/nodeset.h"

namespace lockstep {
namespace {

// A flat file read by commands, as ClusterShell installs it.
constexpr const char* kConf = R"([Main]
default: local
confdir: $CFGDIR/groups.conf.d /nowhere
autodir: $CFGDIR/groups.d

[local]
map: sed -n 's/^$GROUP:\(.*\)/\1/p' groups
all: sed -n 's/^all:\(.*\)/\1/p' $CFGDIR/groups
list: sed -n 's/^\([0-9A-Za-z_-]*\):.*/\1/p' groups
)";

constexpr const char* kGroups = R"(adm: example0
oss: example4 example5
mds: example6
io: @oss,@mds
compute: example[32-159]
gpu: @compute&example[156-200]
all: example[0,4-6,32-159]
)";

constexpr const char* kYaml = R"(roles:
  login: example0
  worker: "@local:compute"
racks:
  r1: example[0-3]
  all: example[0-9]
)";

constexpr const char* kReverse = R"([batch]
map: exit 1
all: echo n[1-3]
reverse: if [ $NODE = n3 ]; then echo gpu; fi; echo $SOURCE
)";

class GroupsTest : public testing::Test {
 protected:
  GroupsTest() {
    folder_.write("groups.conf", kConf);
    folder_.write("groups", kGroups);
    folder_.write("groups.d/cluster.yaml", kYaml);
    folder_.write("groups.d/ignored.yaml.example", "}");
    folder_.write("groups.conf.d/batch.conf", kReverse);
  }

  Result<Inventory> load(const std::string& source, std::vector<std::string> classes = {}) {
    GroupsOptions options;
    options.file = folder_.path("groups.conf");
    options.source = source;
    options.classes = std::move(classes);
    return make_groups_source(options)->load();
  }

  std::string error_of(const std::string& source, std::vector<std::string> classes = {}) {
    const auto loaded = load(source, std::move(classes));
    if (loaded) return "no error";
    const std::string prefix = "ClusterShell groups " + folder_.path("groups.conf") + ": ";
    EXPECT_TRUE(loaded.error().message().starts_with(prefix)) << loaded.error().message();
    return loaded.error().message().substr(prefix.size());
  }

  TestFolder folder_;
};

/// "class=nodes" of each class, and of the nodes without any.
std::string summary(const Inventory& inventory) {
  std::map<std::string, std::vector<std::string>> members;
  for (const auto& [name, node_class] : inventory.classes) members[name];
  for (const auto& [name, node] : inventory.nodes) {
    for (const std::string& node_class : node.classes) members[node_class].push_back(name);
    if (node.classes.empty()) members["-"].push_back(name);
  }
  std::string result;
  for (const auto& [name, nodes] : members) {
    result += fmt::format("{}{}={}", result.empty() ? "" : " ", name, fold_nodeset(nodes));
  }
  return result;
}

TEST_F(GroupsTest, AllGroupsOfTheDefaultSourceAreClasses) {
  const auto inventory = load("");
  ASSERT_TRUE(inventory) << inventory.error().message();
  EXPECT_EQ(summary(*inventory),
            "adm=example0 compute=example[32-159] gpu=example[156-159] io=example[4-6] "
            "mds=example6 oss=example[4-5]");
}

TEST_F(GroupsTest, TheConfigurationMayNameTheClasses) {
  const auto inventory = load("local", {"gpu", "io"});
  ASSERT_TRUE(inventory) << inventory.error().message();
  EXPECT_EQ(summary(*inventory), "-=example[0,32-155] gpu=example[156-159] io=example[4-6]");
}

TEST_F(GroupsTest, YamlFilesAreSourcesToo) {
  EXPECT_EQ(summary(*load("roles")), "login=example0 worker=example[32-159]");
  EXPECT_EQ(summary(*load("racks")), "-=example[4-9] r1=example[0-3]");
}

TEST_F(GroupsTest, ReverseStandsInForAList) {
  EXPECT_EQ(summary(*load("batch")), "batch=n[1-3] gpu=n3");
}

TEST_F(GroupsTest, AgreesWithClusterShell) {
  if (!std::filesystem::exists("/usr/bin/nodeset")) {
    GTEST_SKIP() << "needs the package clustershell";
  }
  const auto inventory = load("");
  ASSERT_TRUE(inventory);
  std::map<std::string, std::vector<std::string>> members;
  for (const auto& [name, node] : inventory->nodes) {
    for (const std::string& node_class : node.classes) members[node_class].push_back(name);
  }
  ASSERT_EQ(members.size(), 6U);
  for (const auto& [group, nodes] : members) {
    const auto theirs = run_shell(
        fmt::format("CLUSTERSHELL_CFGDIR={} nodeset -f @{}", folder_.path(""), group), "/", {});
    ASSERT_TRUE(theirs) << theirs.error().message();
    EXPECT_EQ(fold_nodeset(nodes) + "\n", *theirs) << group;
  }
}

TEST_F(GroupsTest, WhatIsNotThereIsNamed) {
  EXPECT_EQ(error_of("slurm"),
            "there is no group source \"slurm\"; there are \"batch\", \"local\", \"racks\", "
            "\"roles\"");
  EXPECT_EQ(error_of("local", {"gpus"}),
            "the class \"gpus\" is a group without nodes in the group source \"local\"");
  EXPECT_NE(error_of("roles", {"none"}).find("the group source \"roles\" has no group \"none\""),
            std::string::npos);
  folder_.write("groups.conf", "[Main]\n[a]\nmap: true\n[b]\nmap: true\n");
  EXPECT_EQ(error_of(""), "no default group source is set; there are \"a\", \"b\"");
}

TEST_F(GroupsTest, CommandsThatFailAreErrors) {
  const struct {
    const char* description;
    const char* source;
    const char* message;
  } rows[] = {
      {"status", "map: true\nlist: exit 7", "ended with status 7"},
      {"no list", "map: true", "has no \"list\""},
      {"bad nodeset", "map: echo n[3-1]\nlist: echo a", "ends before it begins"},
      {"cycle", "map: echo @a\nlist: echo a", "the group \"@local:a\" contains itself"},
      {"group name that the shell would run", "map: echo n1\nlist: echo 'a;date'",
       "cannot be given to a command"},
      {"group name that looks like an option", "map: echo n1\nlist: echo -rf",
       "cannot be given to a command"},
      {"group name that is no class",
       "map: echo n1\nlist: echo "  // 61 bytes
       "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffg",
       "cannot name a class"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    folder_.write("groups.conf", fmt::format("[local]\n{}\n", row.source));
    const std::string message = error_of("");
    EXPECT_NE(message.find(row.message), std::string::npos) << message;
  }
}

TEST_F(GroupsTest, CommandsHaveATimeTogether) {
  GroupsOptions options;
  options.file = folder_.path("groups.conf");
  options.time = std::chrono::milliseconds(0);
  const auto inventory = make_groups_source(options)->load();
  ASSERT_FALSE(inventory);
  EXPECT_EQ(inventory.error().kind(), ErrorKind::unavailable);
  EXPECT_NE(inventory.error().message().find("is over"), std::string::npos);
}

TEST_F(GroupsTest, FilesThatAreWrongAreNamedWithTheirLine) {
  const std::string conf = folder_.path("groups.conf");
  const struct {
    const char* description;
    const char* file;
    const char* text;
    std::string message;
  } rows[] = {
      {"syntax", "groups.conf", "[Main]\nx\n", conf + ": line 2: \"x\" is neither"},
      {"no map", "groups.conf", "\n[a]\nall: x\n", conf + ": line 2: the group source [a] has no"},
      {"unknown option", "groups.conf", "[a]\nmap: x\nmpa: x\n",
       conf + ": line 3: unknown option \"mpa\""},
      {"no such default", "groups.conf", "[Main]\ndefault: b\n[a]\nmap: x\n",
       conf + ": line 2: there is no group source \"b\""},
      {"open quote", "groups.conf", "[Main]\nautodir: \"/a\n", conf + ": line 2: "},
      {"a part", "groups.conf.d/a.conf", "map: x\n",
       folder_.path("groups.conf.d/a.conf") + ": line 1: an option before"},
      {"a source twice", "groups.conf.d/a.conf", "[batch]\nmap: x\n",
       folder_.path("groups.conf.d/batch.conf") +
           ": line 1: the group source \"batch\" is already"},
      {"YAML", "groups.d/a.yaml", "x:\n- y\n", folder_.path("groups.d/a.yaml") + ": line 1: "},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    folder_.write("groups.conf", kConf);
    const std::string path = folder_.write(row.file, row.text);
    const std::string message = error_of("");
    EXPECT_TRUE(message.starts_with(row.message)) << message;
    std::filesystem::remove(path);
  }
}

}  // namespace
}  // namespace lockstep
