// alerts.

#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/alert.h"
#include "store/sql/connection.h"
#include "store/store.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// Ascending by id and node; of those alone of which `where`, a condition of SQL made by us, holds.
/// Errors: `corrupt`.
Result<std::vector<AlertRecord>> read_alerts(Connection& connection, std::string_view where = {});

/// Writes what `decide` makes of the alerts, and returns them as they are then. Errors: what
/// `decide` fails with; `invalid` where a record cannot be kept.
Result<std::vector<AlertRecord>> decide_alerts(Connection& connection, const DecideAlerts& decide);

}  // namespace lockstep
