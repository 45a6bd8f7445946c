#include "inventory/file/file_source.h"

#include <gtest/gtest.h>

#include "inventory/test_folder.h"

namespace lockstep {
namespace {

TEST(NodeFile, DescribesNodesLineByLine) {
  const auto inventory = parse_node_file(R"(name,address,network,class,group
# the login node, on two networks
login1,198.18.0.10,management,login,rack1
login1,fd00::10,fabric,,
"node[1-2,9]",,,compute; gpu,rack2
io[1-2],198.18.0.20-198.18.0.21,,io,
io1,,,mds,
)");
  ASSERT_TRUE(inventory) << inventory.error().message();
  EXPECT_EQ(inventory->nodes.size(), 6U);
  EXPECT_EQ(inventory->nodes.at("login1"), (Node{"login1",
                                                 {"login"},
                                                 "rack1",
                                                 {{*IpAddress::parse("198.18.0.10"), "management"},
                                                  {*IpAddress::parse("fd00::10"), "fabric"}}}));
  EXPECT_EQ(inventory->nodes.at("node9"), (Node{"node9", {"compute", "gpu"}, "rack2", {}}));
  EXPECT_EQ(inventory->nodes.at("io1"),
            (Node{"io1", {"io", "mds"}, "", {{*IpAddress::parse("198.18.0.20"), ""}}}));
}

TEST(NodeFile, TakesItsColumnsInAnyOrder) {
  const auto inventory = parse_node_file("class, name\ncompute,n1\n");
  ASSERT_TRUE(inventory) << inventory.error().message();
  EXPECT_EQ(inventory->nodes.at("n1"), (Node{"n1", {"compute"}, "", {}}));
}

TEST(NodeFile, ThatIsWrongSaysWhereAndWhy) {
  const struct {
    const char* description;
    const char* text;
    const char* message;
  } rows[] = {
      {"empty", "", "the file is empty"},
      {"no name", "address,class\n", "line 1: the header has no column \"name\""},
      {"mistyped column", "name,adress\n",
       "line 1: unknown column \"adress\" (did you mean address?)"},
      {"column twice", "name,class,class\n", "line 1: two columns \"class\""},
      {"too few fields", "name,class\n\nn1\n", "line 3: 1 fields, but the header has 2"},
      {"nodeset without quotes", "name,class\nn[1,3],c\n",
       "line 2: 3 fields, but the header has 2; put a nodeset with commas in quotes"},
      {"bad nodeset", "name\nn1\nn[5-1]\n", "line 3: nodeset \"n[5-1]\": character 3: the range"},
      {"bad address", "name,address\nn1,1.2.3\n", "line 2: \"1.2.3\" is not an IP address"},
      {"one address for two nodes", "name,address\n\"n[1-2]\",198.18.0.1\n",
       "line 2: \"n[1-2]\" has 2 nodes, but there are 1 addresses"},
      {"bad class", "name,class\nn1,a b\n", "line 2: \"a b\" cannot name a class"},
      {"two groups", "name,group\nn1,a\nn1,b\n",
       "line 3: node \"n1\" cannot be in the group \"a\" and in \"b\""},
      {"no node", "name,class\n,c\n", "line 2: the nodeset is empty"},
      {"group of groups", "name\n@gpu\n", "line 2: "},
      {"quote", "name\n\"n1\n", "line 2: a quote that never closes"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    const auto inventory = parse_node_file(row.text);
    ASSERT_FALSE(inventory);
    EXPECT_TRUE(inventory.error().message().starts_with(row.message))
        << inventory.error().message();
  }
}

TEST(NodeFile, IsReadAnewByEachLoad) {
  const TestFolder folder;
  const std::string path = folder.write("nodes.csv", "name\nn1\n");
  const auto source = make_file_source(path);
  EXPECT_EQ(source->name(), "node file " + path);
  EXPECT_EQ(source->load()->nodes.size(), 1U);
  folder.write("nodes.csv", "name\nn[1-3]\n");
  EXPECT_EQ(source->load()->nodes.size(), 3U);
  folder.write("nodes.csv", "name\nn[\n");
  const auto broken = source->load();
  ASSERT_FALSE(broken);
  EXPECT_TRUE(broken.error().message().starts_with("node file " + path + ": line 2: "))
      << broken.error().message();
}

TEST(NodeFile, ThatIsNotThereIsAnError) {
  const TestFolder folder;
  const auto missing = make_file_source(folder.path("none.csv"))->load();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind(), ErrorKind::not_found);
  const auto directory = make_file_source(folder.path("."))->load();
  ASSERT_FALSE(directory);
  EXPECT_NE(directory.error().message().find("this is a directory"), std::string::npos);
}

}  // namespace
}  // namespace lockstep
