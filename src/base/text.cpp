#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace lockstep {
namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;  // 0: not UTF-8
};

/// Decodes one character by RFC 3629: no overlong forms, no surrogates, nothing above 10FFFF.
CodePoint decode_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  static constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  std::uint32_t value = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = (value << 6) | (byte(i) & 0x3fU);
  }
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < kSmallest[length] || value > 0x10ffff || surrogate) return {};
  return {value, length};
}

/// C1 controls, zero-width and bidirectional formatting, line separators, byte-order mark, tags.
bool changes_display(std::uint32_t value) {
  return (value >= 0x7f && value <= 0x9f) || value == 0xad || value == 0x61c || value == 0x180e ||
         (value >= 0x200b && value <= 0x200f) || (value >= 0x2028 && value <= 0x202e) ||
         (value >= 0x2060 && value <= 0x206f) || value == 0xfeff ||
         (value >= 0xfff9 && value <= 0xfffb) || (value >= 0xe0000 && value <= 0xe007f);
}

}  // namespace

std::string quoted(std::string_view text, std::size_t limit) {
  std::string result = "\"";
  std::size_t shown = 0;
  for (std::size_t i = 0; i < text.size(); ++shown) {
    if (shown == limit) return result + "\"...";
    const CodePoint point = decode_utf8(text.substr(i));
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if (point.length == 0) {
      result += fmt::format("\\x{:02x}", byte);
      ++i;
      continue;
    }
    if (point.value == '"' || point.value == '\\') {
      result += fmt::format("\\{}", text[i]);
    } else if (point.value == '\n') {
      result += "\\n";
    } else if (point.value == '\r') {
      result += "\\r";
    } else if (point.value == '\t') {
      result += "\\t";
    } else if (point.value < 0x20) {
      result += fmt::format("\\x{:02x}", byte);
    } else if (changes_display(point.value)) {
      result += fmt::format("\\u{{{:04x}}}", point.value);
    } else {
      result += text.substr(i, point.length);
    }
    i += point.length;
  }
  return result + "\"";
}

std::string_view nearest(std::string_view mistyped, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, mistyped.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    std::vector<std::size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < mistyped.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i + 1;
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t substituted = diagonal + (mistyped[i] == candidate[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({row[j + 1] + 1, row[j] + 1, substituted});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

std::string with_thousands(unsigned long long number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (std::size_t start = 0;;) {
    const std::size_t end = text.find(separator, start);
    pieces.push_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return pieces;
    start = end + 1;
  }
}

}  // namespace lockstep
