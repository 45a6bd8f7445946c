#include "store/sql/inventory_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <vector>

#include "store/sql/text.h"

namespace lockstep {
namespace {

// Few tables have as few columns as these, so that a row is a plain array of texts.
template <std::size_t N>
using Rows = std::vector<std::array<std::string, N>>;

constexpr Column kNodeColumns[] = {{"name", 255}, {"cluster", 255}, {"group_name", 255}};
constexpr BulkTable kNodes = {"nodes", kNodeColumns, 1};
constexpr Column kAddressColumns[] = {{"node", 255}, {"address", 45}, {"network", 255}};
constexpr BulkTable kAddresses = {"node_addresses", kAddressColumns, 0};
constexpr Column kClassColumns[] = {{"node", 255}, {"class", 255}};
constexpr BulkTable kClasses = {"node_classes", kClassColumns, 2};

template <std::size_t N>
void sort_unique(Rows<N>& rows) {
  std::ranges::sort(rows);
  rows.erase(std::ranges::unique(rows).begin(), rows.end());
}

struct InventoryRows {
  Rows<3> nodes;
  Rows<3> addresses;
  Rows<2> classes;
};

InventoryRows rows_of(const Inventory& inventory) {
  InventoryRows rows;
  const std::string cluster = storable(inventory.cluster);
  for (const auto& [key, node] : inventory.nodes) {
    const std::string name = storable(node.name);
    rows.nodes.push_back({name, cluster, storable(node.group)});
    for (const NodeAddress& each : node.addresses) {
      rows.addresses.push_back({name, each.address.to_string(), storable(each.network)});
    }
    for (const std::string& each : node.classes) rows.classes.push_back({name, storable(each)});
  }
  sort_unique(rows.nodes);
  // Names that differ in nothing storable are one.
  const auto doubled = std::ranges::unique(rows.nodes, {}, [](const auto& row) { return row[0]; });
  rows.nodes.erase(doubled.begin(), doubled.end());
  sort_unique(rows.addresses);
  sort_unique(rows.classes);
  return rows;
}

/// What is to be written so that a table has `wanted`.
template <std::size_t N>
struct Difference {
  Rows<N> missing;
  Rows<N> surplus;  ///< stored and not wanted, or stored more than once
};

template <std::size_t N>
Result<Difference<N>> compare(Connection& connection, const BulkTable& table,
                              const Rows<N>& wanted) {
  Rows<N> stored;
  const std::string query = fmt::format("SELECT {} FROM {}", names_of(table.columns), table.name);
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields fields) -> Result<void> {
    auto& row = stored.emplace_back();
    for (std::size_t i = 0; i < N; ++i) row[i] = fields[i].value_or("");
    return {};
  }));
  std::ranges::sort(stored);

  Difference<N> difference;
  std::ranges::set_difference(stored, wanted, std::back_inserter(difference.surplus));
  std::ranges::set_difference(wanted, stored, std::back_inserter(difference.missing));
  // A row that a hand has doubled is deleted with its double, since both have the same key.
  for (const auto& row : difference.surplus) {
    if (std::ranges::binary_search(wanted, row)) difference.missing.push_back(row);
  }
  sort_unique(difference.surplus);
  sort_unique(difference.missing);
  return difference;
}

template <std::size_t N>
Result<void> insert(Connection& connection, const BulkTable& table, const Rows<N>& rows) {
  return connection.bulk().upsert(table, rows.size(), [&](std::size_t i, BulkRow& row) {
    for (const std::string& value : rows[i]) row.text(value);
  });
}

template <std::size_t N>
Result<void> erase(Connection& connection, const BulkTable& table, const Rows<N>& rows) {
  return connection.bulk().erase(table, rows.size(), [&](std::size_t i, BulkRow& row) {
    for (std::size_t column = 0; column < table.key().size(); ++column) {
      row.text(rows[i][column]);
    }
  });
}

/// Of nodes that changed, only those that are gone: others refer to the rest.
void keep_gone(Rows<3>& surplus, const Rows<3>& wanted) {
  std::erase_if(surplus, [&](const auto& row) {
    const auto place =
        std::ranges::lower_bound(wanted, row[0], {}, [](const auto& each) { return each[0]; });
    return place != wanted.end() && (*place)[0] == row[0];
  });
}

}  // namespace

Result<void> write_inventory(Connection& connection, const Inventory& inventory) {
  const InventoryRows wanted = rows_of(inventory);
  LOCKSTEP_TRY(auto nodes, compare(connection, kNodes, wanted.nodes));
  LOCKSTEP_TRY(const auto addresses, compare(connection, kAddresses, wanted.addresses));
  LOCKSTEP_TRY(const auto classes, compare(connection, kClasses, wanted.classes));
  keep_gone(nodes.surplus, wanted.nodes);

  // Addresses and classes refer to nodes: gone first, come last.
  LOCKSTEP_CHECK(erase(connection, kClasses, classes.surplus));
  LOCKSTEP_CHECK(erase(connection, kAddresses, addresses.surplus));
  LOCKSTEP_CHECK(erase(connection, kNodes, nodes.surplus));
  LOCKSTEP_CHECK(insert(connection, kNodes, nodes.missing));
  LOCKSTEP_CHECK(insert(connection, kAddresses, addresses.missing));
  return insert(connection, kClasses, classes.missing);
}

}  // namespace lockstep
