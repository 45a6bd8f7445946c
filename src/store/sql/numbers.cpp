#include "store/sql/numbers.h"

#include <soci/soci.h>

#include <algorithm>
#include <limits>

namespace lockstep {

std::int64_t to_number(std::uint64_t count) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(count, kMost));
}

std::int64_t next_id(Connection& connection, const char* table) {
  std::int64_t latest = 0;
  connection.sql() << "SELECT COALESCE(MAX(id), 0) FROM " << table, soci::into(latest);
  return latest + 1;
}

}  // namespace lockstep
