// alerts.

#pragma once

#include <span>
#include <string>
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

/// Of these choices, or of these nodes, alone.
Result<std::vector<AlertRecord>> read_alerts_of(Connection& connection,
                                                std::span<const AlertChoice> choices);
Result<std::vector<AlertRecord>> read_alerts_on(Connection& connection,
                                                std::span<const std::string> nodes);

/// Writes what `decide` makes of the alerts, and returns them as they are then. Errors: what
/// `decide` fails with; `invalid` where a record cannot be kept.
Result<std::vector<AlertRecord>> decide_alerts(Connection& connection, const DecideAlerts& decide);

}  // namespace lockstep
