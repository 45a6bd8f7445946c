#include "store/sql/sqlite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "base/unique_fd.h"
#include "store/sql/bulk_sqlite.h"
#include "store/sql/errors.h"

namespace lockstep {
namespace {

constexpr int kCacheKib = 65'536;
/// What the write-ahead log keeps of its size when it is not needed.
constexpr int kMostIdleLogBytes = 64 << 20;

/// What SOCI's connection text cannot carry, or nobody means.
bool has_strange_characters(std::string_view path) {
  return std::ranges::any_of(
      path, [](char c) { return c == '"' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// SQLite makes new files readable by all; ours exists before SQLite looks.
Result<bool> create_private(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file) return true;
  const int cause = errno;
  if (cause == EEXIST) return false;
  if (cause == ENOENT || cause == ENOTDIR) {
    const std::string folder = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
    return fail(
        ErrorKind::not_found,
        fmt::format("there is no folder {}: create it, or correct [store] url", quoted(folder)));
  }
  return std::unexpected(system_error(cause == EROFS ? EACCES : cause, "cannot create the file"));
}

/// By metadata alone: opening and closing the file would release the locks that this process
/// holds on it through another session (https://www.sqlite.org/howtocorrupt.html, 2.2).
Result<void> check_existing(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return std::unexpected(system_error(errno, "cannot look at the file"));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorKind::invalid, "it is not a plain file; correct [store] url");
  }
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) != 0) {
    return fail(ErrorKind::denied, fmt::format("the right to read and write the file is missing: "
                                               "run as its owner (user id {})",
                                               status.st_uid));
  }
  return {};
}

/// Asks for the write-ahead log, and returns what there is. Where several programs make it at once,
/// SQLite calls all but one of them busy without a wait; it does wait where one wants to write.
std::string ask_for_log(soci::session& sql) {
  constexpr int kMostTries = 20;
  for (int tries = 1;; ++tries) {
    try {
      std::string mode;
      sql << "PRAGMA journal_mode = WAL", soci::into(mode);
      return mode;
    } catch (const soci::sqlite3_soci_error& error) {
      if ((error.result() & 0xff) != SQLITE_BUSY || tries == kMostTries) throw;
    }
    sql << "BEGIN IMMEDIATE";
    sql << "ROLLBACK";
  }
}

Result<void> set_up(soci::session& sql, std::chrono::milliseconds busy_timeout) {
  sql << fmt::format("PRAGMA busy_timeout = {}", busy_timeout.count());
  if (ask_for_log(sql) != "wal") {
    return fail(ErrorKind::unsupported,
                "its file system allows no write-ahead log: put the store on a local disk");
  }
  sql << "PRAGMA synchronous = FULL";
  sql << "PRAGMA foreign_keys = ON";
  sql << "PRAGMA cell_size_check = ON";  // tells of a damaged page where it is read
  sql << "PRAGMA temp_store = MEMORY";
  sql << fmt::format("PRAGMA cache_size = -{}", kCacheKib);
  sql << fmt::format("PRAGMA journal_size_limit = {}", kMostIdleLogBytes);
  return {};
}

class SqliteConnection final : public Connection {
 public:
  explicit SqliteConnection(std::unique_ptr<soci::session> sql)
      : sql_(std::move(sql)), bulk_(make_sqlite_bulk(*sql_)) {}

  soci::session& sql() override { return *sql_; }
  Bulk& bulk() override { return *bulk_; }

  void begin(Access access) override {
    *sql_ << (access == Access::write ? "BEGIN IMMEDIATE" : "BEGIN");
  }

  void commit() override { *sql_ << "COMMIT"; }

  void rollback() noexcept override {
    try {
      *sql_ << "ROLLBACK";
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
      // The database has rolled back by itself, or will when the session closes.
    }
  }

  bool has_table(std::string_view name) override {
    const std::string wanted(name);
    int found = 0;
    *sql_ << "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = :name",
        soci::use(wanted), soci::into(found);
    return found != 0;
  }

  // It takes a table in IN (SELECT ...) for small anyway.
  void measure(std::string_view) override {}

  const Dialect& dialect() const override {
    static constexpr Dialect kDialect = {.text = "text", .clustered = " WITHOUT ROWID"};
    return kDialect;
  }

 private:
  std::unique_ptr<soci::session> sql_;
  std::unique_ptr<Bulk> bulk_;
};

}  // namespace

Result<std::unique_ptr<Connection>> open_sqlite(const std::string& path,
                                                std::chrono::milliseconds busy_timeout) {
  if (has_strange_characters(path)) {
    return fail(ErrorKind::invalid, "the path has a quote or a control character: rename the file");
  }
  LOCKSTEP_TRY(const bool created, create_private(path));
  if (!created) LOCKSTEP_CHECK(check_existing(path));
  return guarded("opening", [&]() -> Result<std::unique_ptr<Connection>> {
    auto sql = std::make_unique<soci::session>(soci::sqlite3, fmt::format("dbname=\"{}\"", path));
    LOCKSTEP_CHECK(set_up(*sql, busy_timeout));
    return std::make_unique<SqliteConnection>(std::move(sql));
  });
}

}  // namespace lockstep
