#include "base/escaped.h"

#include <cstddef>
#include <cstdint>

namespace lockstep {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

/// What an escape of one letter means; empty: it is none.
std::string_view meaning_of(char letter) {
  switch (letter) {
    case '\\': return "\\";
    case 'r': return "\r";
    case 'n': return "\n";
    case 't': return "\t";
    default: return {};
  }
}

/// Whether `text` begins with "\xNN"; then `byte` is what it means.
bool reads_byte(std::string_view text, char& byte) {
  if (text.size() < 4 || text[1] != 'x') return false;
  const std::size_t high = kDigits.find(text[2]);
  const std::size_t low = kDigits.find(text[3]);
  if (high == std::string_view::npos || low == std::string_view::npos) return false;
  byte = static_cast<char>(high << 4 | low);
  return true;
}

}  // namespace

std::string escaped(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char each : bytes) {
    const auto byte = static_cast<std::uint8_t>(each);
    switch (each) {
      case '\\': text += "\\\\"; continue;
      case '\r': text += "\\r"; continue;
      case '\n': text += "\\n"; continue;
      case '\t': text += "\\t"; continue;
      default: break;
    }
    if (byte >= 0x20 && byte < 0x7f) {
      text += each;
      continue;
    }
    text += "\\x";
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xfU];
  }
  return text;
}

std::string unescaped(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  while (!text.empty()) {
    std::size_t length = 1;
    char byte = text.front();
    if (byte == '\\' && text.size() > 1) {
      const std::string_view meaning = meaning_of(text[1]);
      if (!meaning.empty()) {
        byte = meaning.front();
        length = 2;
      } else if (reads_byte(text, byte)) {
        length = 4;
      }
    }
    bytes += byte;
    text.remove_prefix(length);
  }
  return bytes;
}

}  // namespace lockstep
