// Rows of small tables as texts: whatever a hand has written can be read so.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace soci {
class session;
}

namespace lockstep {

/// The rows of `query`, which has `columns` columns; NULL reads as an empty text. A port is text
/// too, since SQLite keeps whatever a hand writes into a column, and would read "80x" as 80 where a
/// number is asked for. `parameter` stands for the query's ":parameter". Throws; see guarded().
std::vector<std::vector<std::string>> select_texts(
    soci::session& sql, const std::string& query, std::size_t columns,
    const std::optional<std::string>& parameter = std::nullopt);

}  // namespace lockstep
