#include "store/sql/postgresql.h"

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "store/sql/bulk_postgresql.h"
#include "store/sql/errors.h"
#include "store/sql/libpq.h"
#include "store/sql/libpq_connect.h"

namespace lockstep {
namespace {

/// "lockstep" in ASCII. Our writers exclude one another by this lock and not by a table's, which
/// the server's own housekeeping takes too.
constexpr std::int64_t kWriters = 0x6c6f'636b'7374'6570;

constexpr std::chrono::seconds kPatienceForReason{2};

class PostgresqlConnection final : public Connection {
 public:
  PostgresqlConnection(std::string url, std::chrono::milliseconds busy_timeout)
      : url_(std::move(url)),
        // 0 would mean to wait for ever.
        lock_timeout_(std::max(busy_timeout, std::chrono::milliseconds(1))) {}

  void connect() {
    connecting([&] { sql_.open(soci::postgresql, url_); });
  }

  bool has_utf8() {
    std::string encoding;
    sql_ << "SELECT current_setting('server_encoding')", soci::into(encoding);
    return encoding == "UTF8";
  }

  soci::session& sql() override { return sql_; }
  Bulk& bulk() override { return *bulk_; }

  void begin(Access access) override {
    if (is_dead()) reconnect();
    try {
      start(access);
      return;
    } catch (const soci::soci_error&) {
      if (!is_dead()) throw;
    }
    // It broke while nobody looked; nothing has been done yet that could be done twice.
    reconnect();
    start(access);
  }

  void commit() override {
    try {
      const LibpqResult result = run(database(), "COMMIT");
      // The server answers so, without an error, where the transaction had failed before.
      if (std::string_view(PQcmdStatus(result.get())) == "ROLLBACK") {
        throw soci::postgresql_soci_error("the transaction was rolled back", "25P02");
      }
    } catch (const soci::soci_error&) {
      if (!is_dead() || !transaction_ || !was_committed(*transaction_)) throw;
    }
  }

  void rollback() noexcept override {
    try {
      if (!is_dead()) run(database(), "ROLLBACK");
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
      // The server rolls back by itself when the connection ends.
    }
  }

  bool has_table(std::string_view name) override {
    const std::string wanted(name);
    int found = 0;
    sql_ << "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass(:name)", soci::use(wanted),
        soci::into(found);
    return found != 0;
  }

  void measure(std::string_view table) override {
    run(database(), fmt::format("ANALYZE {}", table));
  }

  const Dialect& dialect() const override {
    static constexpr Dialect kDialect = {.text = "text", .widen = "ALTER COLUMN", .to = " TYPE"};
    return kDialect;
  }

 private:
  PGconn* database() {
    auto* const backend = static_cast<soci::postgresql_session_backend*>(sql_.get_backend());
    return backend == nullptr ? nullptr : backend->conn_;
  }

  bool is_dead() { return is_lost(database()); }

  void reconnect() {
    connecting([&] { sql_.reconnect(); });
  }

  /// Runs `attempt`; an error out of it gets the SQLSTATE that SOCI does not know.
  template <typename Attempt>
  void connecting(Attempt attempt) {
    try {
      attempt();
    } catch (const soci::postgresql_soci_error&) {
      throw;
    } catch (const soci::soci_error& thrown) {
      const std::string state = sqlstate_of_refusal(url_, kPatienceForReason);
      throw soci::postgresql_soci_error(thrown.what(), state.empty() ? "08001" : state.c_str());
    }
    set_up();
  }

  void set_up() {
    // libpq would print them.
    PQsetNoticeProcessor(
        database(), [](void*, const char*) {}, nullptr);
    run(database(),
        fmt::format("SET lock_timeout = {};"
                    "SET cursor_tuple_fraction = 1;"  // we always read to the end
                    // A success that is returned must be on disk, whatever the site's default.
                    "SELECT set_config('synchronous_commit', 'on', false) "
                    "WHERE current_setting('synchronous_commit') = 'off'",
                    lock_timeout_.count()));
  }

  void start(Access access) {
    transaction_.reset();
    if (access == Access::read) {
      run(database(), "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      return;
    }
    // Each statement after the lock sees all that was committed before it was had.
    run(database(), "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
    try {
      run(database(), fmt::format("SELECT pg_advisory_xact_lock({})", kWriters));
      const LibpqResult number = run(database(), "SELECT txid_current()");
      transaction_ = PQgetvalue(number.get(), 0, 0);
    } catch (const soci::soci_error&) {
      rollback();
      throw;
    }
  }

  /// What became of a COMMIT whose answer never came. Throws where that cannot be found out.
  bool was_committed(const std::string& transaction) {
    const std::string query = fmt::format("SELECT txid_status({})", transaction);
    try {
      reconnect();
      start(Access::write);  // has the lock once the lost one has ended, in whatever way
      const LibpqResult status = run(database(), query);
      const bool committed = std::string_view(PQgetvalue(status.get(), 0, 0)) == "committed";
      rollback();
      return committed;
    } catch (const soci::soci_error& thrown) {
      throw soci::postgresql_soci_error(thrown.what(), "08007");
    }
  }

  std::string url_;
  std::chrono::milliseconds lock_timeout_;
  soci::session sql_;
  std::unique_ptr<Bulk> bulk_ = make_postgresql_bulk(sql_);
  std::optional<std::string> transaction_;  ///< the server's number of the one under way
};

}  // namespace

Result<std::unique_ptr<Connection>> open_postgresql(const std::string& url,
                                                    std::chrono::milliseconds busy_timeout) {
  return guarded("connecting", [&]() -> Result<std::unique_ptr<Connection>> {
    auto connection = std::make_unique<PostgresqlConnection>(url, busy_timeout);
    connection->connect();
    if (!connection->has_utf8()) {
      return fail(ErrorKind::unsupported,
                  "the encoding of the database is not UTF8: make it with createdb -E UTF8 -T "
                  "template0");
    }
    return connection;
  });
}

}  // namespace lockstep
