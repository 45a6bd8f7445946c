#include "store/sql/staged_nodes.h"

namespace lockstep {
namespace {

constexpr Column kColumns[] = {{"staged_node", 255}};
constexpr BulkTable kTable = {"lockstep_staged_nodes", kColumns, 1};

}  // namespace

Result<void> stage_nodes(Connection& connection, std::span<const std::string_view> nodes) {
  connection.make_temporary(kTable.name, "staged_node varchar(255) NOT NULL PRIMARY KEY");
  LOCKSTEP_CHECK(connection.bulk().upsert(
      kTable, nodes.size(), [&](std::size_t i, BulkRow& row) { row.text(nodes[i]); }));
  connection.measure(kTable.name);
  return {};
}

void drop_staged_nodes(Connection& connection) {
  connection.drop_temporary(kTable.name);
}

}  // namespace lockstep
