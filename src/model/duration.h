// Durations as people write them: "90s", "15m", "12h", "7d", "2w".

#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lockstep {

/// A whole number above 0 and one unit. Errors: `invalid`, with the units that there are, or the
/// limit where it is longer than `most`.
Result<std::chrono::seconds> parse_duration(std::string_view text, std::chrono::seconds most);

/// In the largest unit that leaves no rest, up to days: "90s", "15m", "7d".
std::string to_text(std::chrono::seconds duration);

}  // namespace lockstep
