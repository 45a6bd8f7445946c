// The kill switch: a file in the state folder. While it is there, nothing that was started with the
// same configuration sends, and nothing starts to.

#pragma once

#include <optional>
#include <string>

#include "app/config.h"

namespace lockstep {

std::string stop_file(const Config& config);

/// What stands in the file: who, when and why; nothing where there is none.
std::optional<std::string> read_stop_order(const Config& config);

/// Errors: the file cannot be written. An order that is there already stays.
Result<void> give_stop_order(const Config& config, const std::string& note);

/// True if there was one.
Result<bool> lift_stop_order(const Config& config);

/// `unavailable` with what to do while there is one.
Result<void> require_no_stop_order(const Config& config);

}  // namespace lockstep
