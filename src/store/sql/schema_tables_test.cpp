#include "store/sql/schema_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace lockstep {
namespace {

std::optional<SchemaTable> table(const std::string& name) {
  const auto tables = schema_tables();
  const auto found = std::ranges::find(tables, name, &SchemaTable::name);
  return found == tables.end() ? std::nullopt : std::optional(*found);
}

TEST(SchemaTables, AreReadOffTheSteps) {
  const SchemaTable kRows[] = {
      {"open_ports",
       {{"port", false}, {"protocol", true}, {"service", true}, {"host_type", true}},
       0},
      {"nodes", {{"name", false}, {"cluster", false}, {"group_name", false}}, 1},
      {"node_addresses", {{"node", false}, {"address", false}, {"network", false}}, 0},
      {"node_classes", {{"node", false}, {"class", false}}, 2},
      {"service_rules", {{"name", false}, {"rule", false}}, 1},
      {"port_sets", {{"id", false}, {"ports", false}}, 1},
      {"node_values",
       {{"node", false},
        {"instance", false},
        {"name", false},
        {"number", false},
        {"text", false},
        {"unit", false},
        {"measured_at", false}},
       3},
  };
  for (const SchemaTable& row : kRows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(table(row.name), row);
  }
  EXPECT_EQ(table("sweeps").value().columns.back().name, "run") << "which a later step added";
  EXPECT_EQ(table("services").value().columns.at(10).name, "system");
  EXPECT_EQ(table("schema_version"), std::nullopt) << "it is not of the contents";
}

TEST(SchemaTables, HaveTheirKeysFirst) {
  const auto columns = table("service_keys").value();
  ASSERT_EQ(columns.key_size, 7U);
  EXPECT_EQ(columns.columns.at(6).name, "sha256");
}

}  // namespace
}  // namespace lockstep
