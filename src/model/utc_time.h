// Times as people and programs write them.

#pragma once

#include <optional>
#include <string_view>

#include "model/observation.h"

namespace lockstep {

/// "2026-12-01T00:00:00Z" (RFC 3339, UTC, to the second); nothing for another shape, or for a date
/// that does not exist. Times that WallTime cannot hold (after the year 2262) become the last that
/// it can.
std::optional<WallTime> parse_utc_time(std::string_view text);

}  // namespace lockstep
