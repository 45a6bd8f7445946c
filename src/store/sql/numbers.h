// Numbers that tables give and hold.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "store/sql/connection.h"

namespace lockstep {

/// As a column holds it; what is greater than the greatest becomes that.
std::int64_t to_number(std::uint64_t count);

/// The whole of `text`, finite; nothing where it is no such number.
std::optional<double> parse_double(std::string_view text);

/// One more than the greatest of the column `id`; 1 for a table without rows. Inside a transaction
/// that writes. Throws what the database reports; see guarded().
std::int64_t next_id(Connection& connection, const char* table);

}  // namespace lockstep
