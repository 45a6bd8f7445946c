#include "control/scan_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scan/plan.h"

namespace lockstep {
namespace {

using testing::HasSubstr;
using Names = std::vector<std::string>;

Inventory cluster() {
  Inventory inventory;
  inventory.cluster = "tara";
  inventory.classes["compute"] = {"compute", PacketsPerSecond(10)};
  inventory.classes["empty"] = {"empty", std::nullopt};
  for (const char* const name : {"node1", "node2", "node3"}) {
    inventory.nodes[name] = {name, {"compute"}, "rack1", {}};
  }
  inventory.nodes["node1"].addresses = {{*IpAddress::parse("198.18.0.1")}};
  inventory.nodes["login1"] = {"login1", {"login"}, "rack2", {}};
  return inventory;
}

Names names_of(const Inventory& inventory) {
  Names names;
  for (const auto& [name, node] : inventory.nodes) {
    EXPECT_EQ(node.name, name);
    names.push_back(name);
  }
  return names;
}

TEST(ScanTargets, TakesEveryFormOfExpression) {
  const struct {
    const char* description;
    Names expressions;
    Names names;
  } kRows[] = {
      {"an address", {"198.18.0.9"}, {"198.18.0.9"}},
      {"an IPv6 address", {"fd00::1"}, {"fd00::1"}},
      {"an address in other words", {"FD00:0::01"}, {"fd00::1"}},
      {"a range", {"198.18.0.5-198.18.0.7"}, {"198.18.0.5", "198.18.0.6", "198.18.0.7"}},
      {"a range with an address that the inventory knows: it is its node's, once",
       {"198.18.0.1-198.18.0.3", "node1"},
       {"198.18.0.2", "198.18.0.3", "node1"}},
      {"a range of last octets", {"198.18.0.254-255"}, {"198.18.0.254", "198.18.0.255"}},
      {"a range over an octet", {"198.18.0.255-198.18.1.0"}, {"198.18.0.255", "198.18.1.0"}},
      {"an IPv6 range", {"fd00::a-fd00::c"}, {"fd00::a", "fd00::b", "fd00::c"}},
      {"a prefix, its first and last address included",
       {"198.18.0.8/30"},
       {"198.18.0.10", "198.18.0.11", "198.18.0.8", "198.18.0.9"}},
      {"a prefix of one", {"198.18.0.8/32"}, {"198.18.0.8"}},
      {"a bare name", {"mail.example"}, {"mail.example"}},
      {"a nodeset of bare names", {"x[08-10]"}, {"x08", "x09", "x10"}},
      {"a nodeset with operators", {"node[1-9]!node[2-9]"}, {"node1"}},
      {"an address as a member of a nodeset",
       {"198.18.0.[1-2],198.18.0.9"},
       {"198.18.0.1", "198.18.0.2", "198.18.0.9"}},
      {"a class", {"@compute"}, {"node1", "node2", "node3"}},
      {"a group", {"@rack2"}, {"login1"}},
      {"all of the inventory", {"@*"}, {"login1", "node1", "node2", "node3"}},
      {"groups with operators", {"@*!@compute"}, {"login1"}},
      {"a mixture",
       {"node1", "198.18.0.77", "@rack2", "x1", "fd00::/127"},
       {"198.18.0.77", "fd00::", "fd00::1", "login1", "node1", "x1"}},
      {"the same twice",
       {"x1", "x[1-2]", "198.18.0.5", "198.18.0.5-6"},
       {"198.18.0.5", "198.18.0.6", "x1", "x2"}},
      {"nothing", {}, {}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto targets = parse_scan_targets(row.expressions, cluster());
    ASSERT_TRUE(targets) << targets.error().message();
    EXPECT_EQ(names_of(*targets), row.names);
    EXPECT_EQ(targets->cluster, "tara");
    EXPECT_TRUE(targets->classes.contains("compute")) << "their rates hold for scans too";
  }
}

TEST(ScanTargets, NodesOfTheInventoryComeAsTheyAre) {
  const auto targets = parse_scan_targets({"node1", "x1", "198.18.0.9"}, cluster());
  ASSERT_TRUE(targets);
  EXPECT_EQ(targets->nodes.at("node1"), cluster().nodes.at("node1"));
  EXPECT_TRUE(targets->nodes.at("x1").addresses.empty()) << "to be resolved";
  ASSERT_EQ(targets->nodes.at("198.18.0.9").addresses.size(), 1U);
  EXPECT_EQ(targets->nodes.at("198.18.0.9").addresses[0].address.to_string(), "198.18.0.9");
}

TEST(ScanTargets, RefusesWithTheReason) {
  const struct {
    const char* description;
    Names expressions;
    ErrorKind kind;
    const char* says;
  } kRows[] = {
      {"a backward range in brackets", {"node[5-1]"}, ErrorKind::invalid, "5-1"},
      {"an absurd set", {"node[1-999999999]"}, ErrorKind::invalid, "999,999,999"},
      {"an empty expression", {""}, ErrorKind::invalid, "names no node"},
      {"a set that comes out empty", {"a!a"}, ErrorKind::invalid, "\"a!a\" names no node"},
      {"a backward range", {"198.18.0.9-198.18.0.1"}, ErrorKind::invalid, "198.18.0.9-198.18.0.1"},
      {"a range of two families", {"198.18.0.1-fd00::1"}, ErrorKind::invalid, "fd00::1"},
      {"a prefix with host bits", {"198.18.0.1/16"}, ErrorKind::invalid, "198.18.0.1/16"},
      {"a prefix that is too long", {"198.18.0.0/33"}, ErrorKind::invalid, "33"},
      {"more than one scan takes",
       {"198.18.0.0/15"},
       ErrorKind::invalid,
       "131,072 addresses are more than one scan takes (65,536)"},
      {"all of IPv6", {"::/0"}, ErrorKind::invalid, "more than one scan takes"},
      {"too many together", {"198.18.0.0/16", "198.19.0.1"}, ErrorKind::invalid, "65,537"},
      {"too many names", {"n[1-65537]"}, ErrorKind::invalid, "65,537"},
      {"an unknown group",
       {"@compote"},
       ErrorKind::not_found,
       "\"@compote\" is neither a class nor a group"},
      {"a group source, of which there are none",
       {"@slurm:batch"},
       ErrorKind::not_found,
       "\"@slurm:batch\""},
      {"a control character", {"node\x1b[31m"}, ErrorKind::invalid, ""},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto targets = parse_scan_targets(row.expressions, cluster());
    ASSERT_FALSE(targets);
    EXPECT_EQ(targets.error().kind(), row.kind);
    EXPECT_THAT(targets.error().message(), HasSubstr(row.says));
    EXPECT_EQ(targets.error().message().find('\x1b'), std::string::npos);
  }
}

TEST(ScanTargets, TakesAsManyAsTheLimitSays) {
  EXPECT_EQ(parse_scan_targets({"198.18.0.0/16"}, {})->nodes.size(), kMaxScanAddresses);
}

TEST(InventoryNodes, AreThoseOfTheNodesetInFoldedOrder) {
  Inventory inventory = cluster();
  inventory.nodes["node10"] = {"node10", {}, {}, {}};
  EXPECT_EQ(*parse_inventory_nodes("node[1-2,10]", inventory), (Names{"node1", "node2", "node10"}));
  EXPECT_EQ(*parse_inventory_nodes("@compute!node2", inventory), (Names{"node1", "node3"}));
}

TEST(InventoryNodes, RefusesWithTheReason) {
  const struct {
    const char* description;
    const char* nodeset;
    ErrorKind kind;
    const char* says;
  } kRows[] = {
      {"a node that is not there", "node[1-5]", ErrorKind::not_found,
       "the inventory has no node node[4-5]"},
      {"a mistyped name", "lgoin1", ErrorKind::not_found, "did you mean login1?"},
      {"a name like no other", "zzzzzzzzzzzz", ErrorKind::not_found, "no node zzzzzzzzzzzz"},
      {"an unknown group", "@gpu", ErrorKind::not_found, "\"@gpu\""},
      {"bad syntax", "node[", ErrorKind::invalid, "node["},
      {"a set that comes out empty", "node1!node1", ErrorKind::invalid, "names no node"},
      {"nothing", "", ErrorKind::invalid, "names no node"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto nodes = parse_inventory_nodes(row.nodeset, cluster());
    ASSERT_FALSE(nodes);
    EXPECT_EQ(nodes.error().kind(), row.kind);
    EXPECT_THAT(nodes.error().message(), HasSubstr(row.says));
  }
}

TEST(DefaultFence, IsPrivateLoopbackAndBenchmarkAddressesAlone) {
  const struct {
    const char* address;
    bool inside;
  } kRows[] = {
      {"10.0.0.0", true},
      {"10.255.255.255", true},
      {"9.255.255.255", false},
      {"11.0.0.0", false},
      {"172.16.0.0", true},
      {"172.31.255.255", true},
      {"172.15.255.255", false},
      {"172.32.0.0", false},
      {"192.168.0.1", true},
      {"192.168.255.255", true},
      {"192.167.255.255", false},
      {"192.169.0.0", false},
      {"127.0.0.1", true},
      {"127.255.255.255", true},
      {"126.255.255.255", false},
      {"128.0.0.0", false},
      {"198.18.0.0", true},
      {"198.19.255.255", true},
      {"198.17.255.255", false},
      {"198.20.0.0", false},
      {"0.0.0.0", false},
      {"8.8.8.8", false},
      {"192.0.2.1", false},
      {"100.64.0.1", false},
      {"169.254.169.254", false},
      {"224.0.0.1", false},
      {"255.255.255.255", false},
      {"::1", true},
      {"::", false},
      {"::2", false},
      {"fc00::", true},
      {"fd00::1", true},
      {"fdff:ffff::1", true},
      {"fbff::1", false},
      {"fe00::1", false},
      {"fe80::1", false},
      {"ff02::1", false},
      {"2001:db8::1", false},
      {"2606:4700::1", false},
      {"::ffff:8.8.8.8", false},
      {"::ffff:10.0.0.1", true},
  };
  const scan::Fence fence(default_fence(), {});
  for (const auto& row : kRows) {
    EXPECT_EQ(fence.permits(IpAddress::parse(row.address).value()), row.inside) << row.address;
  }
}

}  // namespace
}  // namespace lockstep
