// Texts as every database takes them.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lockstep {

/// Well-formed UTF-8 (RFC 3629) without NUL: PostgreSQL takes nothing else.
bool is_storable(std::string_view text);

/// `text` itself where it is storable; else with each byte that is not, and each NUL, written as
/// "\xNN", the way quoted() shows it. What was written so comes back so: a name, a banner or a note
/// is worth more legible than exact, and a store must not behave differently by its database.
std::string storable(std::string_view text);

/// Of letters, digits, '-', '_' and '.' alone: such a text may stand in a statement.
bool is_harmless(std::string_view text);

/// The beginning of a storable text, at most `most_bytes` of it, that ends with a whole character.
std::string_view cut_to(std::string_view text, std::size_t most_bytes);

}  // namespace lockstep
