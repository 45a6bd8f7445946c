// node_values.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/value.h"
#include "store/sql/connection.h"
#include "store/store.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// Which values are wanted; empty texts and none: all.
struct WantedValues {
  std::string_view instance{};
  std::string_view node{};
  std::optional<WallTime> since{};
};

/// Ascending by node, instance and name. Errors: `corrupt`.
Result<std::vector<ValueFact>> read_values(Connection& connection, const WantedValues& wanted);

/// Replaces what is kept of the instance and the nodes of `harvest`. Errors: `invalid`.
Result<void> write_values(Connection& connection, const ValueHarvest& harvest);

}  // namespace lockstep
