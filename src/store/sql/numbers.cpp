#include "store/sql/numbers.h"

#include <soci/soci.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace lockstep {

std::int64_t to_number(std::uint64_t count) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(count, kMost));
}

std::optional<double> parse_double(std::string_view text) {
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && rest == text.data() + text.size();
  if (!whole || !std::isfinite(number)) return {};
  return number;
}

std::int64_t next_id(Connection& connection, const char* table) {
  std::int64_t latest = 0;
  connection.sql() << "SELECT COALESCE(MAX(id), 0) FROM " << table, soci::into(latest);
  return latest + 1;
}

}  // namespace lockstep
