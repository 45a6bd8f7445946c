#include "store/sql/errors.h"

#include <fmt/format.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "base/text.h"

namespace lockstep {
namespace {

struct Meaning {
  ErrorKind kind;
  std::string_view advice;
};

/// By the primary result codes of https://www.sqlite.org/rescode.html
Meaning meaning_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::unavailable,
              "another program keeps it locked: try again, or end that one"};
    case SQLITE_FULL: return {ErrorKind::unavailable, "the disk is full: make room and try again"};
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

}  // namespace

Error database_error(const std::exception& thrown) {
  Meaning meaning = {ErrorKind::unavailable, "the database refused"};
  if (const auto* const sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&thrown)) {
    meaning = meaning_of(sqlite->result());
  }
  return {meaning.kind, fmt::format("{} ({})", meaning.advice, quoted(thrown.what(), 300))};
}

}  // namespace lockstep
