#include "inventory/merger.h"

#include <gtest/gtest.h>

#include "inventory/entries.h"

namespace lockstep {
namespace {

Inventory part(const NodeEntry& entry) {
  return *nodes_from_entries(std::span(&entry, 1));
}

TEST(InventoryMerger, AddsUpWhatSourcesSay) {
  InventoryMerger merger("alpha");
  Inventory first = part({"n[1-2]", {"compute"}, "", {}, ""});
  first.classes["compute"].node_rate = PacketsPerSecond(10);
  ASSERT_TRUE(merger.add(first, "genders"));
  ASSERT_TRUE(merger.add(part({"n2", {"gpu"}, "rack1", {"198.18.0.2"}, ""}), "node file"));
  ASSERT_TRUE(merger.add(part({"n2", {"compute"}, "rack1", {"fd00::2"}, "fabric"}), "groups"));
  const Inventory& merged = merger.merged();
  EXPECT_EQ(merged.cluster, "alpha");
  EXPECT_EQ(merged.nodes.size(), 2U);
  EXPECT_EQ(
      merged.nodes.at("n2"),
      (Node{"n2",
            {"compute", "gpu"},
            "rack1",
            {{*IpAddress::parse("198.18.0.2"), ""}, {*IpAddress::parse("fd00::2"), "fabric"}}}));
  EXPECT_EQ(merged.classes.at("compute").node_rate, PacketsPerSecond(10));
  EXPECT_TRUE(merged.classes.contains("gpu"));
}

TEST(InventoryMerger, KeepsClassesWithoutNodes) {
  InventoryMerger merger("alpha");
  Inventory declared;
  declared.classes["spare"] = {"spare", std::nullopt};
  ASSERT_TRUE(merger.add(declared, "configuration"));
  EXPECT_TRUE(merger.merged().classes.contains("spare"));
}

TEST(InventoryMerger, NamesBothSourcesOfAContradiction) {
  InventoryMerger merger("alpha");
  ASSERT_TRUE(merger.add(part({"n1", {}, "", {}, ""}), "groups"));
  ASSERT_TRUE(merger.add(part({"n[1-2]", {}, "rack1", {}, ""}), "genders /etc/genders"));
  const auto added = merger.add(part({"n2", {}, "rack2", {}, ""}), "node file a.csv");
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message(),
            "node \"n2\" is in the group \"rack1\" by genders /etc/genders, but in \"rack2\" by "
            "node file a.csv; a node has one group (rack or switch)");
  ASSERT_TRUE(merger.add(part({"n5", {}, "", {"198.18.0.5"}, "bmc"}), "first"));
  const auto networks = merger.add(part({"n5", {}, "", {"198.18.0.5"}, "fabric"}), "second");
  ASSERT_FALSE(networks);
  EXPECT_TRUE(networks.error().message().starts_with("second: ")) << networks.error().message();
}

}  // namespace
}  // namespace lockstep
