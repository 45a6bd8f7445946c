// Standard output and standard error, which may be closed, full, or a terminal that went away.

#pragma once

#include <string_view>

#include "base/result.h"

namespace lockstep {

/// Writes `text` to standard output, at once. `unavailable` where not all of it could be written:
/// a result that nobody got is no success.
Result<void> print(std::string_view text);

/// Tells a person on standard error: "lockstep: TEXT". Where that cannot be written either, nobody
/// is left to be told.
void warn(std::string_view text);

}  // namespace lockstep
