#include "model/duration.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>

#include "base/text.h"

namespace lockstep {
namespace {

using std::chrono::seconds;

std::optional<seconds> unit_of(char letter) {
  switch (letter) {
    case 's': return seconds(1);
    case 'm': return std::chrono::minutes(1);
    case 'h': return std::chrono::hours(1);
    case 'd': return std::chrono::days(1);
    case 'w': return std::chrono::weeks(1);
    default: return std::nullopt;
  }
}

}  // namespace

Result<seconds> parse_duration(std::string_view text, seconds most) {
  std::uint32_t count = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole = !text.empty() && error != std::errc::invalid_argument &&
                     rest + 1 == text.data() + text.size();
  const std::optional<seconds> unit = whole ? unit_of(*rest) : std::nullopt;
  if (!unit || (error == std::errc() && count == 0)) {
    return fail(ErrorKind::invalid,
                fmt::format("{} is not a duration: 90s, 15m, 12h, 7d, 2w", quoted(text)));
  }
  if (error == std::errc::result_out_of_range || count > most / *unit) {
    return fail(ErrorKind::invalid,
                fmt::format("{} is too long: {} at most", quoted(text), to_text(most)));
  }
  return count * *unit;
}

std::string to_text(seconds duration) {
  constexpr struct {
    seconds length;
    char letter;
  } kUnits[] = {
      {std::chrono::days(1), 'd'}, {std::chrono::hours(1), 'h'}, {std::chrono::minutes(1), 'm'}};
  for (const auto& unit : kUnits) {
    if (duration.count() != 0 && duration % unit.length == seconds(0)) {
      return fmt::format("{}{}", duration / unit.length, unit.letter);
    }
  }
  return fmt::format("{}s", duration.count());
}

}  // namespace lockstep
