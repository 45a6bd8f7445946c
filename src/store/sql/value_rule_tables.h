// value_rules.

#pragma once

#include <vector>

#include "base/result.h"
#include "model/value_rule.h"
#include "store/sql/connection.h"

namespace lockstep {

/// Ascending, each once. Inside a transaction. Throws what the database reports; see guarded().
/// Errors: `corrupt`, naming the row.
Result<std::vector<ValueRule>> read_value_rules(Connection& connection);

}  // namespace lockstep
