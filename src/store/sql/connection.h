// One connection to a database: what SQLite, PostgreSQL and MariaDB do differently.

#pragma once

#include <string>
#include <string_view>

#include "store/sql/bulk.h"
#include "store/sql/dialect.h"

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
  /// Makes the temporary table `name`; `columns` as in CREATE TABLE. It goes with the transaction,
  /// if that is undone, and else by drop_temporary().
  virtual void make_temporary(std::string_view name, std::string_view columns);
  virtual void drop_temporary(std::string_view name);

  // --- For the steps of the schema ---

  virtual const Dialect& dialect() const = 0;
  /// Where the database does not undo what is done to the schema: makes what a step that is begun
  /// again needs. Inside a transaction that writes.
  virtual void prepare_schema() {}
  /// Runs a statement that changes the schema. `again`: an earlier attempt may have done it, and
  /// then it is well.
  virtual void change_schema(const std::string& statement, bool again);
};

}  // namespace lockstep
