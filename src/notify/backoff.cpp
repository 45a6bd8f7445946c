#include "notify/backoff.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

namespace lockstep::notify {
namespace {

using std::chrono::seconds;

constexpr double kFirst = 2;
constexpr double kLongest = 300;
constexpr double kSpread = 0.2;
constexpr int kMostDoublings = 10;
constexpr seconds kMostAskedFor = std::chrono::hours(1);

}  // namespace

seconds backoff(int tries, double chance, std::optional<seconds> asked_for) {
  const int doublings = std::clamp(tries - 1, 0, kMostDoublings);
  const double plain = std::min(std::ldexp(kFirst, doublings), kLongest);
  const double spread = plain * (1 - kSpread + 2 * kSpread * std::clamp(chance, 0.0, 1.0));
  const seconds own = std::max(seconds(std::lround(spread)), seconds(1));
  return asked_for ? std::max(own, std::min(*asked_for, kMostAskedFor)) : own;
}

std::optional<seconds> parse_retry_after(const char* text,
                                         std::chrono::system_clock::time_point now) {
  const std::string_view view(text);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), number);
  if (error == std::errc() && end == view.data() + view.size()) {
    return number < 0 ? std::nullopt : std::optional(seconds(number));
  }
  const std::time_t date = ::curl_getdate(text, nullptr);
  if (date < 0) return std::nullopt;
  const auto wait = std::chrono::system_clock::from_time_t(date) - now;
  return std::max(std::chrono::ceil<seconds>(wait), seconds(0));
}

}  // namespace lockstep::notify
