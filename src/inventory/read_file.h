// Files of an inventory, read whole.

#pragma once

#include <string>

#include "base/result.h"

namespace lockstep {

/// The largest file of an inventory: some 500,000 nodes at a line each.
inline constexpr std::size_t kMaxInventoryFileBytes = 64 << 20;

/// The bytes of the file at `path`. Errors name the action but not the path: not_found, denied,
/// unavailable; `invalid` for a directory and for more than kMaxInventoryFileBytes.
Result<std::string> read_inventory_file(const std::string& path);

}  // namespace lockstep
