#include "store/sql/errors.h"

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

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
    {"53100", kFull},
    {"53300", {ErrorKind::unavailable, "the server has no connection left: try again later"}},
    {"53", {ErrorKind::unavailable, "the server is short of memory or the like: try again later"}},
    {"55P03", kLocked},
    {"40", kLocked},  // deadlocks, and writes that cannot be put in a row
    {"57014", {ErrorKind::unavailable, "the server called the statement off: try again"}},
    {"57", {ErrorKind::unavailable, "the server ended the connection: try again once it runs"}},
    {"08007",
     {ErrorKind::unavailable,
      "the connection broke before the server said whether the write took effect: look first"}},
    {"08", kNoConnection},
    {"     ", kNoConnection},  // libpq's own errors have no state, and are mostly about that
    {"58", {ErrorKind::unavailable, "the server has trouble with its disk: see its log"}},
    {"25006", {ErrorKind::denied, "the server takes no writes: connect to the primary"}},
    {"28",
     {ErrorKind::denied,
      "the server lets nobody in so: check the user, ~/.pgpass and pg_hba.conf"}},
    {"42501",
     {ErrorKind::denied, "a right is missing: run as the owner of the tables, or GRANT it"}},
    {"3D000", {ErrorKind::not_found, "there is no such database: make it with createdb"}},
    {"3F", {ErrorKind::not_found, "there is no schema to put tables in: see search_path"}},
    {"42P01", {ErrorKind::corrupt, "a table is missing: restore a backup"}},
    {"42703", {ErrorKind::corrupt, "a column is missing: restore a backup"}},
    {"XX001", {ErrorKind::corrupt, "the server found damaged data: restore a backup"}},
    {"XX002",
     {ErrorKind::corrupt, "the server found a damaged index: REINDEX, or restore a backup"}},
};

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
  return {ErrorKind::unavailable, "the database refused"};
}

}  // namespace

Error database_error(const std::exception& thrown) {
  const Meaning meaning = meaning_of(thrown);
  const std::string_view told = trimmed(thrown.what());
  return {meaning.kind, fmt::format("{} ({})", meaning.advice, quoted(told, 300))};
}

}  // namespace lockstep
