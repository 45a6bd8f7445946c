#include "store/sql/bulk_sqlite.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <string>
#include <vector>

namespace lockstep {
namespace {

/// A prepared statement, finished with this object.
class Statement {
 public:
  Statement(sqlite_api::sqlite3* database, const std::string& text) : database_(database) {
    check(sqlite_api::sqlite3_prepare_v2(database_, text.c_str(), static_cast<int>(text.size() + 1),
                                         &statement_, nullptr));
  }
  ~Statement() { sqlite_api::sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// `values` are borrowed until reset().
  void bind(Fields values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const int place = static_cast<int>(i) + 1;
      // Without a destructor SQLite takes no copy.
      check(values[i] ? sqlite_api::sqlite3_bind_text64(statement_, place, start_of(*values[i]),
                                                        values[i]->size(), nullptr, SQLITE_UTF8)
                      : sqlite_api::sqlite3_bind_null(statement_, place));
    }
  }

  /// True where there is a row.
  bool step() {
    const int code = sqlite_api::sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) check(code);
    return false;
  }

  void reset() { check(sqlite_api::sqlite3_reset(statement_)); }

  /// The row as texts; valid until the next step.
  void read(std::vector<std::optional<std::string_view>>& fields) {
    fields.resize(static_cast<std::size_t>(sqlite_api::sqlite3_column_count(statement_)));
    for (std::size_t i = 0; i < fields.size(); ++i) fields[i] = field(static_cast<int>(i));
  }

 private:
  /// An empty view may point nowhere, which SQLite would take for NULL.
  static const char* start_of(std::string_view text) {
    return text.data() == nullptr ? "" : text.data();
  }

  std::optional<std::string_view> field(int column) {
    if (sqlite_api::sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
    const unsigned char* const bytes = sqlite_api::sqlite3_column_text(statement_, column);
    if (bytes == nullptr) check(SQLITE_NOMEM);
    const int size = sqlite_api::sqlite3_column_bytes(statement_, column);
    return std::string_view(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }

  void check(int code) const {
    if (code == SQLITE_OK) return;
    throw soci::sqlite3_soci_error(sqlite_api::sqlite3_errmsg(database_), code);
  }

  sqlite_api::sqlite3* database_;
  sqlite_api::sqlite3_stmt* statement_ = nullptr;
};

std::string insert_into(const BulkTable& table) {
  const std::vector<std::string_view> marks(table.columns.size(), "?");
  return fmt::format("INSERT INTO {} ({}) VALUES ({}){}", table.name, names_of(table.columns),
                     fmt::join(marks, ", "), on_conflict(table));
}

std::string delete_from(const BulkTable& table) {
  std::vector<std::string> conditions;
  for (const Column& column : table.key()) conditions.push_back(fmt::format("{} = ?", column.name));
  return fmt::format("DELETE FROM {} WHERE {}", table.name, fmt::join(conditions, " AND "));
}

class SqliteBulk final : public Bulk {
 public:
  explicit SqliteBulk(soci::session& sql) : sql_(sql) {}

 private:
  Result<void> do_upsert(const BulkTable& table, std::size_t count, const Fill& fill) override {
    Statement insert(database(), insert_into(table));
    return run(insert, BulkRow(table.name, table.columns), count, fill);
  }

  Result<void> do_erase(const BulkTable& table, std::size_t count, const Fill& fill) override {
    Statement erase(database(), delete_from(table));
    return run(erase, BulkRow(table.name, table.key()), count, fill);
  }

  Result<void> do_read(const std::string& query, const Reader& reader) override {
    Statement select(database(), query);
    std::vector<std::optional<std::string_view>> fields;
    while (select.step()) {
      select.read(fields);
      LOCKSTEP_CHECK(reader(fields));
    }
    return {};
  }

  static Result<void> run(Statement& statement, BulkRow row, std::size_t count, const Fill& fill) {
    for (std::size_t i = 0; i < count; ++i) {
      row.begin();
      fill(i, row);
      LOCKSTEP_TRY(const Fields values, row.finish());
      statement.bind(values);
      statement.step();
      statement.reset();
    }
    return {};
  }

  sqlite_api::sqlite3* database() {
    return static_cast<soci::sqlite3_session_backend*>(sql_.get_backend())->conn_;
  }

  soci::session& sql_;
};

}  // namespace

std::unique_ptr<Bulk> make_sqlite_bulk(soci::session& sql) {
  return std::make_unique<SqliteBulk>(sql);
}

}  // namespace lockstep
