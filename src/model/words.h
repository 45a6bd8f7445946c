// The inverse of to_string() for enumerations whose values stand in an array.

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace lockstep {

/// The value whose word `text` is; nothing for another word.
template <typename T, std::size_t N>
std::optional<T> parse_word(std::string_view text, const std::array<T, N>& values) {
  for (const T value : values) {
    if (text == to_string(value)) return value;
  }
  return std::nullopt;
}

}  // namespace lockstep
