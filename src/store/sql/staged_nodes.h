// The nodes that a sweep asked, as a temporary table to select by: a sweep of a few nodes should
// not read what is stored of all.

#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "store/sql/connection.h"

namespace lockstep {

/// For a WHERE clause of a table that has a column `node`.
inline constexpr const char* kOfStagedNodes =
    "node IN (SELECT staged_node FROM lockstep_staged_nodes)";

/// Inside a transaction, whose end would remove the table as well if drop_staged_nodes() is never
/// reached. `nodes` are storable, and each there once. Throws what the database reports. Errors:
/// `invalid` for a name that is too long.
Result<void> stage_nodes(Connection& connection, std::span<const std::string_view> nodes);
void drop_staged_nodes(Connection& connection);

}  // namespace lockstep
