// One connection to a database: what SQLite and PostgreSQL do differently.

#pragma once

#include <string_view>

#include "store/sql/bulk.h"

namespace soci {
class session;
}

namespace lockstep {

enum class Access {
  read,   ///< sees one state of the database, whatever others write meanwhile; waits for nobody
  write,  ///< one writer at a time: waits until the others of our kind are through
};

/// One thread at a time. Functions throw what the database reports; see guarded().
class Connection {
 public:
  virtual ~Connection() = default;

  /// For ordinary statements: typed `into`, never soci::row, never a vector (see bulk.h).
  virtual soci::session& sql() = 0;
  virtual Bulk& bulk() = 0;

  /// Begins a transaction; see Transaction. Throws as for a lock where it waited for too long.
  virtual void begin(Access access) = 0;
  /// Returns when what was written is on disk.
  virtual void commit() = 0;
  virtual void rollback() noexcept = 0;

  virtual bool has_table(std::string_view name) = 0;
  /// Lets the database know how much is in a temporary table that was just filled: it plans by
  /// that.
  virtual void measure(std::string_view table) = 0;
  /// What ends the CREATE TABLE of a table whose rows should lie in the order of its primary key.
  virtual std::string_view clustered() const = 0;
  /// It refuses a text that is longer than its varchar(n).
  virtual bool bounds_texts() const = 0;
};

}  // namespace lockstep
