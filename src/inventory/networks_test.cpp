#include "inventory/networks.h"

#include <gtest/gtest.h>

#include "inventory/entries.h"

namespace lockstep {
namespace {

const std::vector<Network> kNetworks{
    {"fabric", {*Prefix::parse("198.18.0.0/16"), *Prefix::parse("fd00::/16")}},
    {"bmc", {*Prefix::parse("198.18.255.0/24")}},
};

TEST(Networks, TheLongestPrefixWins) {
  const struct {
    const char* address;
    const char* network;
  } rows[] = {
      {"198.18.0.1", "fabric"},        {"198.18.255.1", "bmc"},      {"fd00::1", "fabric"},
      {"198.19.0.1", kDefaultNetwork}, {"fd01::1", kDefaultNetwork},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(network_of(*IpAddress::parse(row.address), kNetworks), row.network) << row.address;
  }
  EXPECT_EQ(network_of(*IpAddress::parse("198.18.0.1"), {}), kDefaultNetwork);
}

TEST(Networks, AreAssignedWhereNoneIsNamed) {
  Inventory inventory;
  ASSERT_TRUE(add_entry(inventory, {"n1", {}, "", {"198.18.0.1"}, ""}));
  ASSERT_TRUE(add_entry(inventory, {"n1", {}, "", {"198.18.0.2"}, "storage"}));
  assign_networks(inventory, kNetworks);
  EXPECT_EQ(inventory.nodes.at("n1").addresses[0].network, "fabric");
  EXPECT_EQ(inventory.nodes.at("n1").addresses[1].network, "storage");
}

TEST(Networks, AreChecked) {
  EXPECT_TRUE(check_networks(kNetworks));
  EXPECT_FALSE(check_networks(std::vector<Network>{{"a b", {}}}));
  EXPECT_FALSE(check_networks(std::vector<Network>{{"a", {}}, {"a", {}}}));
  const std::vector<Network> overlapping{{"a", {*Prefix::parse("fd00::/8")}},
                                         {"b", {*Prefix::parse("fd00::/8")}}};
  const auto checked = check_networks(overlapping);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message(), "fd00::/8 belongs to the network \"a\" and to \"b\"");
}

}  // namespace
}  // namespace lockstep
