// value_points: the curves of what was measured.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/sql/connection.h"
#include "store/store.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// Writes a point of each number of `harvest` whose node has none of the same time slot and
/// instance, and takes the oldest slot away where its time is over. Needs its nodes staged
/// (staged_nodes.h), and node_values as it was before. Errors: `invalid` for a text that is too
/// long.
Result<void> write_value_points(Connection& connection, const ValueHarvest& harvest);

/// As Store::value_points(). Errors: `corrupt`.
Result<std::vector<ValuePoint>> read_value_points(Connection& connection, const PointQuery& query);

/// Takes the points of the oldest slot away, where that is older than `before`. Returns how many
/// there were; 0: none is older.
std::size_t prune_value_points(Connection& connection, WallTime before);

}  // namespace lockstep
