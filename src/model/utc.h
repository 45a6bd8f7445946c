// Times as texts: what stands in tables, in JSON and in configurations.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/observation.h"

namespace lockstep {

/// "2026-12-01T00:00:00Z" (RFC 3339, UTC), rounded down to the second; 20 bytes for any WallTime.
std::string to_text(WallTime time);
/// The inverse. Times that WallTime cannot hold (after the year 2262) become the last that it can,
/// so that a hand may write "9999-12-31T00:00:00Z" for ever.
std::optional<WallTime> parse_time(std::string_view text);

}  // namespace lockstep
