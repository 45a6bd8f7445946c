#include "store/sql/errors.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <mysqld_error.h>
#include <soci/mysql/soci-mysql.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>

#include "base/text.h"

namespace lockstep {
namespace {

struct Meaning {
  ErrorKind kind;
  std::string_view advice;
};

constexpr Meaning kLocked = {ErrorKind::unavailable,
                             "another program keeps it locked: try again, or end that one"};
constexpr Meaning kNoConnection = {
    ErrorKind::unavailable, "there is no connection to the server: is it running? Try again"};
constexpr Meaning kFull = {ErrorKind::unavailable, "the disk is full: make room and try again"};
constexpr Meaning kServersDisk = {ErrorKind::unavailable,
                                  "the server has trouble with its disk: see its log"};
constexpr Meaning kNoneLeft = {ErrorKind::unavailable,
                               "the server has no connection left: try again later"};
constexpr Meaning kShort = {ErrorKind::unavailable,
                            "the server is short of memory or the like: try again later"};
constexpr Meaning kCalledOff = {ErrorKind::unavailable,
                                "the server called the statement off: try again"};
constexpr Meaning kEnded = {ErrorKind::unavailable,
                            "the server ended the connection: try again once it runs"};
constexpr Meaning kLookFirst = {
    ErrorKind::unavailable,
    "the connection broke before the server said whether the write took effect: look first"};
constexpr Meaning kNoWrites = {ErrorKind::denied,
                               "the server takes no writes: connect to the primary"};
constexpr Meaning kNoRight = {ErrorKind::denied,
                              "a right is missing: run as the owner of the tables, or GRANT it"};
constexpr Meaning kNoTable = {ErrorKind::corrupt, "a table is missing: restore a backup"};
constexpr Meaning kNoColumn = {ErrorKind::corrupt, "a column is missing: restore a backup"};
constexpr Meaning kDamaged = {ErrorKind::corrupt,
                              "the server found damaged data: restore a backup"};
constexpr Meaning kTooLong = {ErrorKind::invalid, "a text is too long for its column"};

/// By the primary result codes of https://www.sqlite.org/rescode.html
Meaning meaning_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return kLocked;
    case SQLITE_FULL: return kFull;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorKind::denied, "the right to write the file or its folder is missing"};
    case SQLITE_CANTOPEN: return {ErrorKind::denied, "check the rights on the file and its folder"};
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return {ErrorKind::corrupt,
              "it is no SQLite database, or a damaged one: name another file or restore a backup"};
    default: return {ErrorKind::unavailable, "check the disk, then try again"};
  }
}

struct StateMeaning {
  std::string_view state;  ///< the whole of it, or the class that it begins with
  Meaning meaning;
};

/// https://www.postgresql.org/docs/15/errcodes-appendix.html; the first that fits.
constexpr StateMeaning kStates[] = {
    {"22001", kTooLong},
    {"53100", kFull},
    {"53300", kNoneLeft},
    {"53", kShort},
    {"55P03", kLocked},
    {"40", kLocked},  // deadlocks, and writes that cannot be put in a row
    {"57014", kCalledOff},
    {"57", kEnded},
    {"08007", kLookFirst},
    {"08", kNoConnection},
    {"     ", kNoConnection},  // libpq's own errors have no state, and are mostly about that
    {"58", kServersDisk},
    {"25006", kNoWrites},
    {"28",
     {ErrorKind::denied,
      "the server lets nobody in so: check the user, ~/.pgpass and pg_hba.conf"}},
    {"42501", kNoRight},
    {"3D000", {ErrorKind::not_found, "there is no such database: make it with createdb"}},
    {"3F", {ErrorKind::not_found, "there is no schema to put tables in: see search_path"}},
    {"42P01", kNoTable},
    {"42703", kNoColumn},
    {"XX001", kDamaged},
    {"XX002",
     {ErrorKind::corrupt, "the server found a damaged index: REINDEX, or restore a backup"}},
};

constexpr Meaning kNobodyIn = {
    ErrorKind::denied,
    "the server lets nobody in so: check the user, ~/.my.cnf, and for which hosts the user is"};
constexpr Meaning kNoTls = {
    ErrorKind::denied,
    "there is no encrypted connection that can be trusted: check ssl-ca and the server's own"};
constexpr Meaning kTooMuch = {
    ErrorKind::unavailable,
    "it is more than the server takes at once: raise its max_allowed_packet"};

struct NumberMeaning {
  unsigned int number;
  Meaning meaning;
};

/// https://mariadb.com/kb/en/mariadb-error-code-reference/, and the client library's own from 2000.
constexpr NumberMeaning kNumbers[] = {
    {ER_DISK_FULL, kFull},
    {ER_RECORD_FILE_FULL, kFull},
    {ER_GET_ERRNO, kServersDisk},
    {ER_ERROR_ON_WRITE, kServersDisk},
    {ER_ERROR_ON_READ, kServersDisk},
    {3, kServersDisk},  // "Error writing file", from below the server's own numbers
    {ER_CON_COUNT_ERROR, kNoneLeft},
    {ER_TOO_MANY_USER_CONNECTIONS, kNoneLeft},
    {ER_USER_LIMIT_REACHED, kNoneLeft},
    {ER_OUTOFMEMORY, kShort},
    {ER_OUT_OF_SORTMEMORY, kShort},
    {ER_OUT_OF_RESOURCES, kShort},
    {ER_LOCK_WAIT_TIMEOUT, kLocked},
    {ER_LOCK_DEADLOCK, kLocked},
    {ER_CHECKREAD, kLocked},  // a row that somebody changed meanwhile
    {ER_STATEMENT_TIMEOUT, kCalledOff},
    {ER_QUERY_INTERRUPTED, kCalledOff},
    {ER_SERVER_SHUTDOWN, kEnded},
    {ER_CONNECTION_KILLED, kEnded},
    {4031, kEnded},  // MySQL's, of a connection that was idle for too long
    {ER_ERROR_DURING_COMMIT, kLookFirst},
    {CR_CONNECTION_ERROR, kNoConnection},
    {CR_CONN_HOST_ERROR, kNoConnection},
    {CR_SERVER_GONE_ERROR, kNoConnection},
    {CR_SERVER_LOST, kNoConnection},
    {CR_SERVER_LOST_EXTENDED, kNoConnection},
    {CR_UNKNOWN_HOST, {ErrorKind::unavailable, "there is no such host: correct [store] url"}},
    {CR_SSL_CONNECTION_ERROR, kNoTls},
    {ER_NET_PACKET_TOO_LARGE, kTooMuch},
    {CR_NET_PACKET_TOO_LARGE, kTooMuch},
    {ER_OPTION_PREVENTS_STATEMENT, kNoWrites},
    {1836, kNoWrites},  // MySQL's, of a server that only reads
    {ER_ACCESS_DENIED_ERROR, kNobodyIn},
    {ER_ACCESS_DENIED_NO_PASSWORD_ERROR, kNobodyIn},
    {ER_HOST_NOT_PRIVILEGED, kNobodyIn},
    {ER_HOST_IS_BLOCKED, kNobodyIn},
    {ER_ACCOUNT_HAS_BEEN_LOCKED, kNobodyIn},
    {ER_MUST_CHANGE_PASSWORD, kNobodyIn},
    {CR_AUTH_PLUGIN_CANNOT_LOAD, kNobodyIn},
    {ER_DBACCESS_DENIED_ERROR,
     {ErrorKind::denied, "there is no such database, or no right to it: CREATE DATABASE, GRANT"}},
    {ER_TABLEACCESS_DENIED_ERROR, kNoRight},
    {ER_COLUMNACCESS_DENIED_ERROR, kNoRight},
    {ER_SPECIFIC_ACCESS_DENIED_ERROR, kNoRight},
    {ER_BAD_DB_ERROR,
     {ErrorKind::not_found, "there is no such database: make it with CREATE DATABASE"}},
    {ER_NO_SUCH_TABLE, kNoTable},
    {ER_NO_SUCH_TABLE_IN_ENGINE, kNoTable},
    {ER_BAD_FIELD_ERROR, kNoColumn},
    {ER_NOT_KEYFILE, kDamaged},
    {ER_CRASHED_ON_USAGE, kDamaged},
    {ER_INDEX_CORRUPT, kDamaged},
    {ER_DATA_TOO_LONG, kTooLong},
};

Meaning meaning_of_number(unsigned int number) {
  const auto* const found = std::ranges::find(kNumbers, number, &NumberMeaning::number);
  if (found != std::end(kNumbers)) return found->meaning;
  return {ErrorKind::unavailable, "the database refused"};
}

Meaning meaning_of(std::string_view sqlstate) {
  for (const StateMeaning& each : kStates) {
    if (sqlstate.starts_with(each.state)) return each.meaning;
  }
  return {ErrorKind::unavailable, "the database refused"};
}

Meaning meaning_of(const std::exception& thrown) {
  if (const auto* const sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&thrown)) {
    return meaning_of(sqlite->result());
  }
  if (const auto* const server = dynamic_cast<const soci::postgresql_soci_error*>(&thrown)) {
    return meaning_of(server->sqlstate());
  }
  if (const auto* const server = dynamic_cast<const soci::mysql_soci_error*>(&thrown)) {
    return meaning_of_number(server->err_num_);
  }
  return {ErrorKind::unavailable, "the database refused"};
}

}  // namespace

Error database_error(const std::exception& thrown) {
  const Meaning meaning = meaning_of(thrown);
  const std::string_view told = trimmed(thrown.what());
  return {meaning.kind, fmt::format("{} ({})", meaning.advice, quoted(told, 300))};
}

}  // namespace lockstep
