#include "profiles/nmap/utf8.h"

#include <algorithm>
#include <cstdint>

namespace lockstep {
namespace {

/// The shapes of characters longer than a byte; the range of the second byte leaves out overlong
/// forms, surrogates and what is too large (RFC 3629, section 4).
struct Shape {
  std::uint8_t first_lead, last_lead;
  std::size_t length;
  std::uint8_t second_low, second_high;
};

constexpr Shape kShapes[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
    {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
    {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

/// The length of the character at the start of `bytes`, which is not empty; 0: there is none.
std::size_t character_length(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  if (byte(0) < 0x80) return 1;
  const Shape* const shape = std::ranges::find_if(kShapes, [&](const Shape& candidate) {
    return byte(0) >= candidate.first_lead && byte(0) <= candidate.last_lead;
  });
  if (shape == std::end(kShapes) || bytes.size() < shape->length) return 0;
  if (byte(1) < shape->second_low || byte(1) > shape->second_high) return 0;
  for (std::size_t i = 2; i < shape->length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return shape->length;
}

}  // namespace

std::optional<std::size_t> first_not_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = character_length(bytes.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

}  // namespace lockstep
