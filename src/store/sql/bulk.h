// Many rows at once, past SOCI by the database's own interface: SOCI's vectors write wrong rows on
// PostgreSQL when a statement is executed again (SOCI #910, #1167), and are slow there.
//
//   constexpr Column kColumns[] = {{"node", 255}, {"port"}, {"state", 20}};
//   constexpr BulkTable kTable = {"states", kColumns, 2};  // node and port are its key
//   LOCKSTEP_CHECK(bulk.upsert(kTable, rows.size(), [&](std::size_t i, BulkRow& row) {
//     row.text(rows[i].node);
//     row.number(rows[i].port);
//     row.text(to_string(rows[i].state));
//   }));

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/observation.h"

namespace lockstep {

struct Column {
  const char* name;
  std::size_t most_bytes = 0;  ///< of a text; 0: the column has no bound
};

struct BulkTable {
  const char* name;
  std::span<const Column> columns;  ///< those of the primary key first
  std::size_t
      key_size;        ///< how many of them are its key; 0: a table without one, whose rows differ
  bool keeps = false;  ///< a row that is there stays as it is, whatever else has its key

  std::span<const Column> key() const { return key_size == 0 ? columns : columns.first(key_size); }
  std::span<const Column> values() const { return columns.subspan(key().size()); }
};

/// A row while it is made: one value for each column, in their order. Texts become storable() on
/// the way. No allocation once the buffers have grown.
class BulkRow {
 public:
  /// Both are borrowed.
  BulkRow(const char* table, std::span<const Column> columns);

  /// `value` is borrowed until the row has been written.
  void text(std::string_view value);
  /// As text(), but what is too long for the column, which has a bound, is cut.
  void cut_text(std::string_view value);
  void number(std::int64_t value);
  void time(WallTime value);
  void time(const std::optional<WallTime>& value);  ///< NULL where there is none
  void null();

  void begin();
  /// The values; none is NULL. Errors: `invalid`, naming the column, for a text that is too long.
  Result<std::span<const std::optional<std::string_view>>> finish() const;

 private:
  const char* table_;
  std::span<const Column> columns_;
  std::vector<std::string> own_;  // texts that had to be made, by column
  std::vector<std::optional<std::string_view>> values_;
  std::size_t next_ = 0;
  std::optional<Error> problem_;
};

/// A row that was read: a text for each column, none for NULL. Valid during the call only.
using Fields = std::span<const std::optional<std::string_view>>;

/// The bulk interface of one connection. One thread at a time, and only inside a transaction: an
/// error leaves it to be rolled back. Functions throw what the database reports; see guarded().
class Bulk {
 public:
  /// Makes row `index`, 0 to count - 1, in order.
  using Fill = std::function<void(std::size_t index, BulkRow& row)>;
  using Reader = std::function<Result<void>(Fields)>;

  virtual ~Bulk() = default;

  /// Inserts `count` rows; one whose key is there already replaces that row, or is left out where
  /// the table `keeps` its rows. Keys must not repeat within a call. Errors: `invalid` for a text
  /// that is too long.
  Result<void> upsert(const BulkTable& table, std::size_t count, const Fill& fill);
  /// Deletes the rows whose keys `fill` makes. Errors: as for upsert().
  Result<void> erase(const BulkTable& table, std::size_t count, const Fill& fill);
  /// Calls `reader` for each row of the SELECT statement `query`, until it returns an error, which
  /// is then returned. The reader must not use the connection.
  Result<void> read(const std::string& query, const Reader& reader);

 private:
  /// `count` is not 0.
  virtual Result<void> do_upsert(const BulkTable& table, std::size_t count, const Fill& fill) = 0;
  virtual Result<void> do_erase(const BulkTable& table, std::size_t count, const Fill& fill) = 0;
  virtual Result<void> do_read(const std::string& query, const Reader& reader) = 0;
};

// --- For the implementations ---

/// "a, b, c"
std::string names_of(std::span<const Column> columns);
/// What follows the rows of an INSERT: " ON CONFLICT (key) DO UPDATE SET ..." in the words that
/// SQLite and PostgreSQL share; empty for a table without a key.
std::string on_conflict(const BulkTable& table);

}  // namespace lockstep
