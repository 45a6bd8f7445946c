#include "model/utc_time.h"

#include <algorithm>
#include <chrono>

namespace lockstep {
namespace {

using std::chrono::seconds;

WallTime within_wall_time(std::chrono::sys_seconds time) {
  constexpr auto kFirst = std::chrono::ceil<seconds>(WallTime::min());
  constexpr auto kLast = std::chrono::floor<seconds>(WallTime::max());
  return std::clamp(time, kFirst, kLast);
}

/// Of digits alone.
unsigned number_at(std::string_view text, std::size_t start, std::size_t length) {
  unsigned number = 0;
  for (const char digit : text.substr(start, length)) {
    number = 10 * number + static_cast<unsigned>(digit - '0');
  }
  return number;
}

bool has_shape(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !digit : text[i] != kShape[i]) return false;
  }
  return true;
}

}  // namespace

std::optional<WallTime> parse_utc_time(std::string_view text) {
  if (!has_shape(text)) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(number_at(text, 0, 4))),
                                         std::chrono::month(number_at(text, 5, 2)),
                                         std::chrono::day(number_at(text, 8, 2)));
  const unsigned hour = number_at(text, 11, 2);
  const unsigned minute = number_at(text, 14, 2);
  const unsigned second = number_at(text, 17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return within_wall_time(std::chrono::sys_days(date) + std::chrono::hours(hour) +
                          std::chrono::minutes(minute) + seconds(second));
}

}  // namespace lockstep
