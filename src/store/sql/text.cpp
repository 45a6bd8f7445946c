#include "store/sql/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lockstep {
namespace {

/// The least and greatest second byte after `lead`: what rules out overlong forms, surrogates and
/// numbers above 10FFFF (RFC 3629, section 4).
struct SecondByte {
  std::uint8_t least = 0x80;
  std::uint8_t greatest = 0xbf;
};

SecondByte second_byte_after(std::uint8_t lead) {
  switch (lead) {
    case 0xe0: return {0xa0, 0xbf};
    case 0xed: return {0x80, 0x9f};
    case 0xf0: return {0x90, 0xbf};
    case 0xf4: return {0x80, 0x8f};
    default: return {};
  }
}

std::size_t length_after(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
}

/// The bytes of the character that `text` begins with; 0 where it is none. `text` is not empty.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::size_t length = length_after(byte(0));
  if (byte(0) == 0 || length == 0 || length > text.size()) return 0;
  if (length == 1) return 1;
  const SecondByte second = second_byte_after(byte(0));
  if (byte(1) < second.least || byte(1) > second.greatest) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

bool is_plain_ascii(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return c != 0 && static_cast<std::uint8_t>(c) < 0x80; });
}

}  // namespace

bool is_storable(std::string_view text) {
  if (is_plain_ascii(text)) return true;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string storable(std::string_view text) {
  if (is_storable(text)) return std::string(text);
  std::string result;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) {
      result += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(text.front()));
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

bool is_harmless(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::string_view cut_to(std::string_view text, std::size_t most_bytes) {
  if (text.size() <= most_bytes) return text;
  std::size_t end = most_bytes;
  while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace lockstep
