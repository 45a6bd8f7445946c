#include "store/sql/connection.h"

#include <fmt/format.h>
#include <soci/soci.h>

namespace lockstep {

void Connection::make_temporary(std::string_view name, std::string_view columns) {
  sql() << fmt::format("CREATE TEMPORARY TABLE {} ({})", name, columns);
}

void Connection::drop_temporary(std::string_view name) {
  sql() << fmt::format("DROP TABLE {}", name);
}

void Connection::change_schema(const std::string& statement, bool) {
  sql() << statement;
}

}  // namespace lockstep
