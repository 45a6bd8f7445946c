// maintenance: windows that people opened at run time.

#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "model/maintenance.h"
#include "store/sql/connection.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// What is done about a row in which a hand left no sense.
enum class Unreadable : std::uint8_t { is_error, is_none };

/// Those that were not taken away, ascending by id. Errors: `corrupt`.
Result<std::vector<MaintenanceWindow>> read_maintenance(
    Connection& connection, Unreadable unreadable = Unreadable::is_error);
/// Gives it the next id, and returns that. Errors: `invalid` for a text that is too long.
Result<std::int64_t> add_maintenance(Connection& connection, const MaintenanceWindow& window);
/// Returns it as it was. Errors: `not_found`.
Result<MaintenanceWindow> remove_maintenance(Connection& connection, std::int64_t id, WallTime now);

}  // namespace lockstep
