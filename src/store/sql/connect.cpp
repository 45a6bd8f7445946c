#include "store/sql/connect.h"

#include <fmt/format.h>

#include "base/text.h"
#include "store/sql/mariadb.h"
#include "store/sql/mariadb_url.h"
#include "store/sql/postgresql.h"
#include "store/sql/postgresql_url.h"
#include "store/sql/sqlite.h"

namespace lockstep {
namespace {

constexpr std::string_view kSqliteScheme = "sqlite://";

}  // namespace

std::string name_of_store(std::string_view url) {
  const bool server = is_postgresql_url(url) || is_mariadb_url(url);
  return fmt::format("store {}", quoted(server ? without_secrets(url) : url, 200));
}

Result<std::unique_ptr<Connection>> connect(std::string_view url,
                                            std::chrono::milliseconds busy_timeout) {
  if (is_postgresql_url(url)) {
    LOCKSTEP_TRY(const std::string complete, complete_url(url));
    return open_postgresql(complete, busy_timeout);
  }
  if (is_mariadb_url(url)) {
    LOCKSTEP_TRY(const MariadbTarget target, parse_mariadb_url(url));
    return open_mariadb(target, busy_timeout);
  }
  if (!url.starts_with(kSqliteScheme)) {
    return fail(ErrorKind::unsupported,
                "this program keeps its store in SQLite, PostgreSQL or MariaDB: "
                "sqlite:///absolute/path, postgresql://user@host/database or "
                "mariadb://user@host/database");
  }
  const std::string path(url.substr(kSqliteScheme.size()));
  if (!path.starts_with('/') || path.ends_with('/')) {
    return fail(ErrorKind::invalid,
                "write the absolute path of a file after two slashes: "
                "sqlite:///var/lib/lockstep/store.db");
  }
  return open_sqlite(path, busy_timeout);
}

}  // namespace lockstep
