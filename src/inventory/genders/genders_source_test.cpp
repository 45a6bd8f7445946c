#include "inventory/genders/genders_source.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "inventory/groups/shell.h"
#include "inventory/test_folder.h"

namespace lockstep {
namespace {

constexpr const char* kCluster = R"(# the cluster "slc"
slci,slcj,slc[0-15]  eth2=e%n,cluster=slc,all
slci                 passwdhost   # also the console
slci,slcj            management,rack=r0
slc[1-7]             compute,rack=r1
	slc[8-15]	compute,rack=r2,cooling=100%%
slc[01-06]-bmc       bmc,rack=b%n
lonely
)";

const GendersOptions kOptions{{"management", "compute", "bmc", "cluster"}, "rack"};

TEST(Genders, AttributesAreClassesAndTheGroup) {
  const auto inventory = parse_genders(kCluster, kOptions);
  ASSERT_TRUE(inventory) << inventory.error().message();
  EXPECT_EQ(inventory->nodes.size(), 25U);
  EXPECT_EQ(inventory->nodes.at("slci"), (Node{"slci", {"management", "slc"}, "r0", {}}));
  EXPECT_EQ(inventory->nodes.at("slc9"), (Node{"slc9", {"compute", "slc"}, "r2", {}}));
  EXPECT_EQ(inventory->nodes.at("slc02-bmc"), (Node{"slc02-bmc", {"bmc"}, "bslc02-bmc", {}}));
  EXPECT_EQ(inventory->nodes.at("lonely"), (Node{"lonely", {}, "", {}}));
}

/// What Debian's nodeattr says of a file, line by line.
std::set<std::string> nodeattr(const std::string& path, const std::string& query) {
  const auto output = run_shell(fmt::format("nodeattr -f {} {}", path, query), "/", {});
  EXPECT_TRUE(output) << output.error().message();
  std::istringstream lines(output.value_or(""));
  std::set<std::string> result;
  for (std::string line; std::getline(lines, line);) result.insert(line);
  return result;
}

TEST(Genders, AgreesWithNodeattr) {
  if (!std::filesystem::exists("/usr/bin/nodeattr")) {
    GTEST_SKIP() << "needs the package genders";
  }
  const TestFolder folder;
  const std::string path = folder.write("genders", kCluster);
  const auto inventory = make_genders_source(path, kOptions)->load();
  ASSERT_TRUE(inventory) << inventory.error().message();
  std::set<std::string> all;
  std::map<std::string, std::set<std::string>> by_class;
  for (const auto& [name, node] : inventory->nodes) {
    all.insert(name);
    for (const std::string& node_class : node.classes) by_class[node_class].insert(name);
  }
  EXPECT_EQ(all, nodeattr(path, "-n -A"));
  for (const char* attribute : {"management", "compute", "bmc"}) {
    EXPECT_EQ(by_class[attribute], nodeattr(path, std::string("-n ") + attribute)) << attribute;
  }
  EXPECT_EQ(by_class["slc"], nodeattr(path, "-n cluster=slc"));
  for (const auto& [name, node] : inventory->nodes) {
    const bool has_group = nodeattr(path, "-l " + name).contains("rack=" + node.group);
    EXPECT_EQ(has_group, !node.group.empty()) << name;
  }
}

TEST(Genders, ThatAreWrongSayWhereAndWhy) {
  const struct {
    const char* description;
    const char* line;
    const char* message;
  } rows[] = {
      {"attribute twice in a line", "n1 a,a", "line 2: node \"n1\" has the attribute \"a\" twice"},
      {"attribute twice in the file", "n0 a=2",
       "line 2: node \"n0\" has the attribute \"a\" twice"},
      {"space between attributes", "n1 a, b", "line 2: white space in the list of attributes"},
      {"empty attribute", "n1 a,,b", "line 2: an attribute without a name"},
      {"value without attribute", "n1 =b", "line 2: an attribute without a name"},
      {"no value", "n1 a=", "line 2: the attribute \"a\" has \"=\", but no value"},
      {"no group", "n1 rack", "line 2: the attribute \"rack\" needs a value"},
      {"bad range", "n[3-1] a", "line 2: nodeset \"n[3-1]\": character 3: the range"},
      {"set operator", "n1!n2 a", "line 2: \"!\" is not allowed in a node name"},
      {"group of nodes", "@n a", "line 2: \"@\" is not allowed in a node name"},
      {"list without end", "n1, a", "line 2: nodeset \"n1,\": character 4: a node name is missing"},
      {"two racks", "n2 rack=a\nn2 b,rack=c",
       "line 3: node \"n2\" has the attribute \"rack\" twice"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    const auto inventory = parse_genders(fmt::format("n0 a\n{}\n", row.line), kOptions);
    ASSERT_FALSE(inventory);
    EXPECT_TRUE(inventory.error().message().starts_with(row.message))
        << inventory.error().message();
  }
}

}  // namespace
}  // namespace lockstep
