// The schema of the store brought back to an older version, so that an upgrade of Lockstep can be
// undone: the inverse of migrations.h.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lockstep {

/// The oldest version that a schema can be brought back to.
inline constexpr int kOldestSchemaVersion = 2;

/// What a store of the newest version loses on its way to `version`: a line each, for a person.
std::vector<std::string> lost_on_the_way_to(int version);

/// Takes away what the steps after `version` made, the newest first; the rest stays, but for rows
/// that an older program cannot read. Nobody else may use the store meanwhile. What was interrupted
/// goes on when it is called again; until then this program can bring the store up to date, and the
/// older one can use it. Errors: `invalid` where the store has that version already, an older one,
/// or none; those of open_store().
Result<void> bring_schema_back(std::string_view url, int version);

}  // namespace lockstep
