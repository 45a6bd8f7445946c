#include "store/sql/mariadb.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <mysqld_error.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <soci/mysql/soci-mysql.h>
#include <soci/soci.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "base/text.h"
#include "store/sql/bulk_mariadb.h"
#include "store/sql/errors.h"
#include "store/sql/libmariadb.h"

namespace lockstep {
namespace {

using std::chrono::milliseconds;

/// Texts are compared byte by byte, spaces at the end too, as the other databases do. MariaDB and
/// MySQL have different names for that.
constexpr Dialect kMariadb = {
    .text = "longtext",
    .table = " ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
    .clustered =
        " ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
    .widen = "MODIFY COLUMN",
    .to = "",
    .adopt = "ENGINE=InnoDB, CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
    .undoes_schema = false};
constexpr Dialect kMysql = {
    .text = "longtext",
    .table = " ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin",
    .clustered = " ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin",
    .widen = "MODIFY COLUMN",
    .to = "",
    .adopt = "ENGINE=InnoDB, CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin",
    .undoes_schema = false};

/// A name that no other connection has.
std::string new_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

class MariadbConnection final : public Connection {
 public:
  MariadbConnection(std::string words, bool tls, milliseconds busy_timeout)
      : words_(std::move(words)),
        tls_(tls),
        busy_timeout_(std::max(busy_timeout, milliseconds(1))) {}

  ~MariadbConnection() override { forget_writer(); }

  void connect() {
    sql_.open(soci::mysql, words_);
    set_up();
  }

  Result<void> check_server() {
    if (tls_ && mysql_get_ssl_cipher(database()) == nullptr) {
      return fail(ErrorKind::denied, "the connection is not encrypted, as the URL asks for");
    }
    const std::string flush =
        value_of(database(), "SELECT @@GLOBAL.innodb_flush_log_at_trx_commit");
    if (flush != "0" && flush != "2") return {};
    return fail(ErrorKind::unsupported,
                fmt::format("the server acknowledges writes before they are on its disk "
                            "(innodb_flush_log_at_trx_commit = {}): set it to 1",
                            quoted(flush)));
  }

  soci::session& sql() override { return sql_; }
  Bulk& bulk() override { return *bulk_; }

  void begin(Access access) override {
    const bool was_dead = database() == nullptr;
    if (was_dead) reconnect();
    try {
      start(access);
      return;
    } catch (const soci::mysql_soci_error& thrown) {
      if (was_dead || !is_lost(thrown.err_num_)) throw;
    }
    // It broke while nobody looked; nothing has been done yet that could be done twice.
    reconnect();
    start(access);
  }

  void commit() override {
    try {
      if (access_ == Access::write) note_turn();
      run(database(), "COMMIT");
    } catch (const soci::mysql_soci_error& thrown) {
      if (!is_lost(thrown.err_num_) || access_ == Access::read || !was_committed()) throw;
    }
    unlock();
  }

  void rollback() noexcept override {
    try {
      run(database(), "ROLLBACK");
      // Which does not reach them.
      for (const std::string& each : temporary_) {
        run(database(), fmt::format("DROP TEMPORARY TABLE IF EXISTS {}", each));
      }
      run(database(), "DROP TEMPORARY TABLE IF EXISTS lockstep_staged");
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
      // The server rolls back by itself when the connection ends.
    }
    temporary_.clear();
    unlock();
  }

  bool has_table(std::string_view name) override {
    const std::string wanted(name);
    int found = 0;
    sql_ << "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND "
            "table_name = :name",
        soci::use(wanted), soci::into(found);
    return found != 0;
  }

  // ANALYZE TABLE would commit.
  void measure(std::string_view) override {}

  void make_temporary(std::string_view name, std::string_view columns) override {
    temporary_.emplace_back(name);
    run(database(),
        fmt::format("CREATE TEMPORARY TABLE {} ({}){}", name, columns, dialect().table));
  }

  void drop_temporary(std::string_view name) override {
    // Without TEMPORARY it would commit.
    run(database(), fmt::format("DROP TEMPORARY TABLE {}", name));
    std::erase(temporary_, name);
  }

  const Dialect& dialect() const override { return is_mariadb_ ? kMariadb : kMysql; }

  void prepare_schema() override {
    run(database(), fmt::format("CREATE TABLE IF NOT EXISTS schema_step (step int NOT NULL){}",
                                dialect().table));
    run(database(), fmt::format("CREATE TABLE IF NOT EXISTS store_writers ("
                                "writer varchar(40) NOT NULL PRIMARY KEY, turn bigint NOT NULL, "
                                "began datetime NOT NULL){}",
                                dialect().table));
  }

  void change_schema(const std::string& statement, bool again) override {
    try {
      run(database(), statement);
    } catch (const soci::mysql_soci_error& thrown) {
      const bool done = thrown.err_num_ == ER_TABLE_EXISTS_ERROR ||
                        thrown.err_num_ == ER_DUP_FIELDNAME || thrown.err_num_ == ER_DUP_KEYNAME;
      if (!again || !done) throw;
    }
  }

 private:
  MYSQL* database() {
    auto* const backend = static_cast<soci::mysql_session_backend*>(sql_.get_backend());
    return backend == nullptr ? nullptr : backend->conn_;
  }

  void reconnect() {
    temporary_.clear();
    locked_ = false;
    sql_.reconnect();
    set_up();
  }

  /// A host that is off says nothing: without this, what waits for its answer waits for hours. On a
  /// socket of this machine it fails, which does no harm.
  void notice_silence() {
    constexpr int kOn = 1;
    constexpr int kIdleSeconds = 30;
    constexpr int kBetweenSeconds = 10;
    constexpr int kProbes = 3;
    constexpr int kUnansweredMs = 30'000;
    const auto socket = mysql_get_socket(database());
    const auto set = [&](int level, int name, int value) {
      std::ignore = ::setsockopt(socket, level, name, &value, sizeof(value));
    };
    set(SOL_SOCKET, SO_KEEPALIVE, kOn);
    set(IPPROTO_TCP, TCP_KEEPIDLE, kIdleSeconds);
    set(IPPROTO_TCP, TCP_KEEPINTVL, kBetweenSeconds);
    set(IPPROTO_TCP, TCP_KEEPCNT, kProbes);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, kUnansweredMs);
  }

  void set_up() {
    notice_silence();
    // A name of the server's, for one database of it.
    lock_ = value_of(database(), "SELECT CONCAT('lockstep.', MD5(DATABASE()))");
    is_mariadb_ = mariadb_connection(database()) != 0;
    const std::string most = value_of(database(), "SELECT @@max_allowed_packet");
    most_bytes_ = static_cast<std::size_t>(std::stoull(most));
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(busy_timeout_).count();
    run(database(),
        fmt::format("SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,"
                    "NO_ENGINE_SUBSTITUTION', autocommit = 1, innodb_lock_wait_timeout = {0}, "
                    "lock_wait_timeout = {0}, foreign_key_checks = 1",
                    seconds));
    // What a transaction sees is what was committed before its first statement: for a writer, all
    // that was written before it had the lock.
    run(database(), "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  }

  void start(Access access) {
    access_ = access;
    if (access == Access::read) {
      run(database(), "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
      return;
    }
    lock();
    try {
      run(database(), "START TRANSACTION READ WRITE");
    } catch (const soci::mysql_soci_error&) {
      unlock();
      throw;
    }
  }

  // Our writers exclude one another by a lock of the server's and not by a table's: it outlives the
  // commits that a change of the schema makes by itself, and goes with the connection.

  void lock() {
    const auto ms = busy_timeout_.count();
    const std::string got = value_of(
        database(), fmt::format("SELECT GET_LOCK('{}', {}.{:03})", lock_, ms / 1000, ms % 1000));
    if (got != "1") {
      throw soci::mysql_soci_error("another writer has the lock", ER_LOCK_WAIT_TIMEOUT);
    }
    locked_ = true;
  }

  void unlock() noexcept {
    if (!locked_) return;
    locked_ = false;
    try {
      value_of(database(), fmt::format("SELECT RELEASE_LOCK('{}')", lock_));
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
      // It went with the connection.
    }
  }

  // The table store_writers has a row for each connection that writes, with the number of its
  // latest transaction: whoever loses the answer to a COMMIT can see what became of it.

  void note_turn() {
    if (!has_writers_) {
      has_writers_ = has_table("store_writers");
      if (!has_writers_) return;
      // Of programs that did not end as they should.
      run(database(), "DELETE FROM store_writers WHERE began < UTC_TIMESTAMP() - INTERVAL 7 DAY");
    }
    run(database(), fmt::format("INSERT INTO store_writers (writer, turn, began) VALUES ('{}', {}, "
                                "UTC_TIMESTAMP()) ON DUPLICATE KEY UPDATE turn = VALUES(turn), "
                                "began = VALUES(began)",
                                writer_, ++turn_));
  }

  /// What became of a COMMIT whose answer never came. Throws where that cannot be found out.
  bool was_committed() {
    try {
      reconnect();
      lock();  // is had once the lost connection has ended, in whatever way
      const std::string latest = value_of(
          database(), fmt::format("SELECT turn FROM store_writers WHERE writer = '{}'", writer_));
      unlock();
      return latest == fmt::format("{}", turn_);
    } catch (const soci::soci_error& thrown) {
      throw soci::mysql_soci_error(thrown.what(), ER_ERROR_DURING_COMMIT);
    }
  }

  void forget_writer() noexcept {
    if (!has_writers_) return;
    try {
      run(database(), fmt::format("DELETE FROM store_writers WHERE writer = '{}'", writer_));
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
      // The next writer takes old rows away.
    }
  }

  std::string words_;
  bool tls_;
  milliseconds busy_timeout_;
  std::size_t most_bytes_ = 0;  ///< the server's max_allowed_packet
  soci::session sql_;
  std::unique_ptr<Bulk> bulk_ = make_mariadb_bulk(sql_, most_bytes_);
  bool is_mariadb_ = true;
  Access access_ = Access::read;
  std::string lock_;
  bool locked_ = false;
  std::vector<std::string> temporary_;
  std::string writer_ = new_name();
  std::int64_t turn_ = 0;
  bool has_writers_ = false;
};

}  // namespace

Result<std::unique_ptr<Connection>> open_mariadb(const MariadbTarget& target,
                                                 milliseconds busy_timeout) {
  LOCKSTEP_TRY(std::string words, connect_string(target));
  return guarded("connecting", [&]() -> Result<std::unique_ptr<Connection>> {
    auto connection =
        std::make_unique<MariadbConnection>(std::move(words), target.tls, busy_timeout);
    connection->connect();
    LOCKSTEP_CHECK(connection->check_server());
    return connection;
  });
}

}  // namespace lockstep
