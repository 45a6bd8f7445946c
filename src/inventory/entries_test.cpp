#include "inventory/entries.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(Entries, DescribeANodesetAtATime) {
  const std::vector<NodeEntry> entries{
      {"node[1-2]", {"compute", "gpu"}, "rack1", {}, ""},
      {"node2", {"login"}, "", {"fd00::2"}, "fabric"},
  };
  const auto inventory = nodes_from_entries(entries);
  ASSERT_TRUE(inventory) << inventory.error().message();
  EXPECT_EQ(inventory->nodes.at("node1"), (Node{"node1", {"compute", "gpu"}, "rack1", {}}));
  EXPECT_EQ(inventory->nodes.at("node2"), (Node{"node2",
                                                {"compute", "gpu", "login"},
                                                "rack1",
                                                {{*IpAddress::parse("fd00::2"), "fabric"}}}));
  EXPECT_EQ(inventory->classes.size(), 3U);
}

std::string address_of(const Inventory& inventory, const std::string& node) {
  const auto& addresses = inventory.nodes.at(node).addresses;
  return addresses.size() == 1 ? addresses[0].address.to_string() : "not one address";
}

TEST(Entries, NumberTheirNodesFromARange) {
  const struct {
    const char* description;
    const char* nodes;
    std::vector<std::string> addresses;
    const char* node;
    const char* address;
  } rows[] = {
      {"a range", "n[1-300]", {"198.18.0.1-198.18.1.44"}, "n300", "198.18.1.44"},
      {"in the order of the nodeset", "n[9-11]", {"198.18.0.9-11"}, "n10", "198.18.0.10"},
      {"a prefix", "n[0-3]", {"198.18.0.8/30"}, "n3", "198.18.0.11"},
      {"IPv6", "n[1-2]", {"fd00::ffff-fd00::1:0"}, "n2", "fd00::1:0"},
      {"a list", "b,a", {"198.18.0.1", "198.18.0.2"}, "b", "198.18.0.2"},
      {"one", "n1", {"198.18.0.7"}, "n1", "198.18.0.7"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    Inventory inventory;
    const auto added = add_entry(inventory, {row.nodes, {}, "", row.addresses, ""});
    ASSERT_TRUE(added) << added.error().message();
    EXPECT_EQ(address_of(inventory, row.node), row.address);
  }
}

TEST(Entries, ThatAreWrongSayWhy) {
  const struct {
    const char* description;
    NodeEntry entry;
    const char* message;
  } rows[] = {
      {"counts differ",
       {"n[1-64]", {}, "", {"198.18.1.1-198.18.1.60"}, ""},
       "\"n[1-64]\" has 64 nodes, but there are 60 addresses"},
      {"one address for two", {"n[1-2]", {}, "", {"198.18.1.1"}, ""}, "2 nodes, but there are 1"},
      {"a list too short", {"n[1-3]", {}, "", {"198.18.1.1", "198.18.1.2"}, ""}, "3 nodes"},
      {"too many to count", {"n1", {}, "", {"fd00::/8"}, ""}, "18,446,744,073,709,551,615"},
      {"no address", {"n1", {}, "", {"198.18.1"}, ""}, "not an IP address"},
      {"network of nothing", {"n1", {}, "", {}, "bmc"}, "has no address to belong to"},
      {"bad nodeset", {"n[3-1]", {}, "", {}, ""}, "ends before it begins"},
      {"no nodes", {"", {}, "", {}, ""}, "the nodeset is empty"},
      {"bad class", {"n1", {"a@b"}, "", {}, ""}, "\"a@b\" cannot name a class"},
      {"long class", {"n1", {std::string(61, 'c')}, "", {}, ""}, "cannot name a class"},
      {"bad group", {"n1", {}, "rack 1", {}, ""}, "\"rack 1\" cannot name a group"},
      {"bad network", {"n1", {}, "", {"198.18.1.1"}, "a;b"}, "cannot name a network"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    const auto result = nodes_from_entries(std::span(&row.entry, 1));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind(), ErrorKind::invalid);
    EXPECT_NE(result.error().message().find(row.message), std::string::npos)
        << result.error().message();
    EXPECT_TRUE(result.error().message().starts_with("nodes = \"")) << result.error().message();
  }
}

TEST(Entries, MayNotContradictEachOther) {
  const NodeEntry groups[] = {{"n[1-3]", {}, "rack1", {}, ""}, {"n3", {}, "rack2", {}, ""}};
  const auto two_groups = nodes_from_entries(groups);
  ASSERT_FALSE(two_groups);
  EXPECT_NE(two_groups.error().message().find(
                "node \"n3\" cannot be in the group \"rack1\" and in \"rack2\""),
            std::string::npos)
      << two_groups.error().message();
  const NodeEntry networks[] = {{"n1", {}, "", {"198.18.0.1"}, "bmc"},
                                {"n1", {}, "", {"198.18.0.1"}, "fabric"}};
  EXPECT_FALSE(nodes_from_entries(networks));
}

TEST(Entries, OfOneAddressUniteWithTheNetworkNamed) {
  const NodeEntry entries[] = {{"n1", {}, "", {"198.18.0.1"}, ""},
                               {"n1", {}, "", {"198.18.0.1"}, "bmc"},
                               {"n1", {}, "", {"198.18.0.1"}, ""}};
  const auto inventory = nodes_from_entries(entries);
  ASSERT_TRUE(inventory) << inventory.error().message();
  ASSERT_EQ(inventory->nodes.at("n1").addresses.size(), 1U);
  EXPECT_EQ(inventory->nodes.at("n1").addresses[0].network, "bmc");
}

}  // namespace
}  // namespace lockstep
