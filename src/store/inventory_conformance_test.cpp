// The copy of the inventory that every store keeps.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "store/test_backends.h"

namespace lockstep {
namespace {

using testing::HasSubstr;

class InventoryConformance : public StoreTest {
 protected:
  std::string nodes() const {
    return sql("SELECT name, cluster, group_name FROM nodes ORDER BY name;");
  }
  std::string addresses() const {
    return sql("SELECT node, address, network FROM node_addresses ORDER BY node, address;");
  }
  std::string classes() const {
    return sql("SELECT node, class FROM node_classes ORDER BY node, class;");
  }
};
LOCKSTEP_ON_ALL_BACKENDS(InventoryConformance);

Inventory two_nodes() {
  Inventory inventory;
  inventory.cluster = "lab";
  inventory.nodes["n1"] = {"n1",
                           {"compute", "gpu"},
                           "rack1",
                           {{IpAddress::parse("198.18.0.1").value(), "management"},
                            {IpAddress::parse("fd00::1").value(), "hsn"}}};
  inventory.nodes["n2"] = {"n2", {}, "", {}};
  return inventory;
}

TEST_P(InventoryConformance, ShowsItToPlainSql) {
  const auto store = open();
  ASSERT_TRUE(store->replace_inventory(two_nodes()).has_value());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(nodes(), "n1|lab|rack1\nn2|lab|\n");
    EXPECT_EQ(addresses(), "n1|198.18.0.1|management\nn1|fd00::1|hsn\n");
    EXPECT_EQ(classes(), "n1|compute\nn1|gpu\n");
    ASSERT_TRUE(store->replace_inventory(two_nodes()).has_value()) << "the same once more";
  }
}

TEST_P(InventoryConformance, WritesWhatDiffers) {
  const auto store = open();
  ASSERT_TRUE(store->replace_inventory(two_nodes()).has_value());

  Inventory changed = two_nodes();
  changed.cluster = "lab2";
  changed.nodes["n1"].group = "rack2";
  changed.nodes["n1"].classes = {"gpu", "login"};
  changed.nodes["n1"].addresses.erase(changed.nodes["n1"].addresses.begin());
  changed.nodes["n3"] = {"n3", {"compute"}, "", {{IpAddress::parse("198.18.0.3").value()}}};
  ASSERT_TRUE(store->replace_inventory(changed).has_value());
  EXPECT_EQ(nodes(), "n1|lab2|rack2\nn2|lab2|\nn3|lab2|\n");
  EXPECT_EQ(addresses(), "n1|fd00::1|hsn\nn3|198.18.0.3|management\n");
  EXPECT_EQ(classes(), "n1|gpu\nn1|login\nn3|compute\n");

  changed.nodes.erase("n1");
  ASSERT_TRUE(store->replace_inventory(changed).has_value());
  EXPECT_EQ(nodes(), "n2|lab2|\nn3|lab2|\n");
  EXPECT_EQ(addresses(), "n3|198.18.0.3|management\n");
  EXPECT_EQ(classes(), "n3|compute\n");

  ASSERT_TRUE(store->replace_inventory({}).has_value());
  EXPECT_EQ(nodes() + addresses() + classes(), "");
}

TEST_P(InventoryConformance, UndoesEditsByHand) {
  const auto store = open();
  ASSERT_TRUE(store->replace_inventory(two_nodes()).has_value());
  sql("INSERT INTO node_addresses VALUES ('n1', '198.18.0.1', 'management');"
      "INSERT INTO node_addresses VALUES ('n1', '198.18.0.1', 'management');"
      "INSERT INTO node_addresses VALUES ('n2', 'nonsense', 'x');"
      "DELETE FROM node_classes WHERE class = 'gpu';"
      "UPDATE nodes SET group_name = 'x';");
  ASSERT_TRUE(store->replace_inventory(two_nodes()).has_value());
  EXPECT_EQ(nodes(), "n1|lab|rack1\nn2|lab|\n");
  EXPECT_EQ(addresses(), "n1|198.18.0.1|management\nn1|fd00::1|hsn\n");
  EXPECT_EQ(classes(), "n1|compute\nn1|gpu\n");
}

TEST_P(InventoryConformance, KeepsHostileTextAsText) {
  Inventory inventory = two_nodes();
  inventory.nodes["n1"].group = "r\t1\\N\n'";
  inventory.nodes["n1"].classes = {"bad\xff", "\\."};
  const auto store = open();
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(store->replace_inventory(inventory).has_value());
    EXPECT_EQ(sql("SELECT COUNT(*) FROM nodes WHERE LENGTH(group_name) = 7 AND group_name LIKE "
                  "'r_1_N_''';"),
              "1\n");
    EXPECT_EQ(sql("SELECT class FROM node_classes ORDER BY LENGTH(class);"), "\\.\nbad\\xff\n");
  }
}

TEST_P(InventoryConformance, RefusesNamesThatAreTooLong) {
  const auto store = open();
  ASSERT_TRUE(store->replace_inventory(two_nodes()).has_value());
  Inventory inventory = two_nodes();
  inventory.nodes.erase("n2");
  inventory.nodes["n1"].classes = {std::string(256, 'c')};
  const auto done = store->replace_inventory(inventory);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind(), ErrorKind::invalid);
  EXPECT_THAT(done.error().message(), HasSubstr("has 256 bytes; the table node_classes holds 255"));
  EXPECT_EQ(nodes(), "n1|lab|rack1\nn2|lab|\n") << "nothing is half written";
  EXPECT_EQ(classes(), "n1|compute\nn1|gpu\n");
}

TEST_P(InventoryConformance, HoldsThousands) {
  Inventory inventory;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const std::string name = fmt::format("n{:04}", i);
    inventory.nodes[name] = {name,
                             {"compute"},
                             "r",
                             {{IpAddress::v4(0xc612'0000 + i)}, {IpAddress::v4(0xc613'0000 + i)}}};
  }
  const auto store = open();
  ASSERT_TRUE(store->replace_inventory(inventory).has_value());
  inventory.nodes.erase("n0007");
  inventory.nodes["n0008"].addresses.pop_back();
  ASSERT_TRUE(store->replace_inventory(inventory).has_value());
  EXPECT_EQ(sql("SELECT COUNT(*) FROM nodes; SELECT COUNT(*) FROM node_addresses;"
                "SELECT COUNT(*) FROM node_classes;"),
            "2999\n5997\n2999\n");
}

}  // namespace
}  // namespace lockstep
