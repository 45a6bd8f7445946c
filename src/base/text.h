// Small helpers for text that people read.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

/// `text` in double quotes, with everything that could move a cursor, forge a log line or change
/// direction written as an escape: control characters, quotes, backslashes, bytes that are not
/// UTF-8, and Unicode's formatting controls. At most `limit` characters of it, then "...".
std::string quoted(std::string_view text, std::size_t limit = 80);

/// The entry of `candidates` that `mistyped` most likely meant (Levenshtein distance of at most a
/// third of its length, 2 at least), or an empty view.
std::string_view nearest(std::string_view mistyped, std::span<const std::string_view> candidates);

/// 1234567 as "1,234,567".
std::string with_thousands(unsigned long long number);

/// `text` without spaces, tabs and line ends at either side.
std::string_view trimmed(std::string_view text);

/// `text` with the letters of ASCII in lower case; all other bytes as they are.
std::string lower_case(std::string_view text);

/// The pieces of `text` between separators; an empty text is one empty piece.
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace lockstep
