#include "model/utc.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace lockstep {
namespace {

using std::chrono::floor;
using std::chrono::seconds;

/// The number at text[start, start + length), digits alone.
std::optional<unsigned> digits_at(std::string_view text, std::size_t start, std::size_t length) {
  const std::string_view part = text.substr(start, length);
  if (!std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  unsigned number = 0;
  const auto [rest, error] = std::from_chars(part.data(), part.data() + part.size(), number);
  if (error != std::errc() || rest != part.data() + part.size()) return std::nullopt;
  return number;
}

WallTime within_wall_time(std::chrono::sys_seconds time) {
  constexpr auto kFirst = std::chrono::ceil<seconds>(WallTime::min());
  constexpr auto kLast = floor<seconds>(WallTime::max());
  return std::clamp(time, kFirst, kLast);
}

}  // namespace

std::string to_text(WallTime time) {
  const auto second = floor<seconds>(time);
  const auto day = floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(second - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::optional<WallTime> parse_time(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] != '0' && text[i] != kShape[i]) return std::nullopt;
  }
  const auto year = digits_at(text, 0, 4);
  const auto month = digits_at(text, 5, 2);
  const auto day = digits_at(text, 8, 2);
  const auto hour = digits_at(text, 11, 2);
  const auto minute = digits_at(text, 14, 2);
  const auto second = digits_at(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return within_wall_time(std::chrono::sys_days(date) + std::chrono::hours(*hour) +
                          std::chrono::minutes(*minute) + seconds(*second));
}

}  // namespace lockstep
