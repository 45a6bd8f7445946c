#include "store/sql/store_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <soci/soci.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <utility>

#include "base/text.h"
#include "base/unique_fd.h"
#include "store/sql/connect.h"
#include "store/sql/contents.h"
#include "store/sql/errors.h"
#include "store/sql/migrations.h"
#include "store/sql/rows.h"
#include "store/sql/schema_tables.h"
#include "store/sql/sql_store.h"
#include "store/sql/text.h"
#include "store/sql/transaction.h"

namespace lockstep {
namespace {

/// Written to the target at a time; bounds the memory.
constexpr std::size_t kRowsAtOnce = 20'000;
constexpr std::string_view kSqlite = "sqlite://";

/// A row as it is kept until it is written.
using Row = std::vector<std::optional<std::string>>;

/// A table as bulk.h has it.
class Layout {
 public:
  explicit Layout(const SchemaTable& table) : table_(table) {
    for (const SchemaColumn& each : table_.columns) columns_.push_back({each.name.c_str()});
  }
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;

  BulkTable bulk() const { return {table_.name.c_str(), columns_, table_.key_size}; }
  std::string query() const {
    return fmt::format("SELECT {} FROM {}", names_of(columns_), table_.name);
  }

  /// The fields of a row as every database has them.
  void read(Fields fields, Row& row) const {
    row.resize(fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
      row[i].reset();
      if (!fields[i]) continue;
      std::string_view text = *fields[i];
      if (table_.columns[i].padded) text = text.substr(0, text.find_last_not_of(' ') + 1);
      row[i] = storable(text);
    }
  }

 private:
  const SchemaTable& table_;
  std::vector<Column> columns_;
};

/// Calls `each` for all rows of a table, and returns what they are.
Result<TableContents> read_table(Connection& connection, const SchemaTable& table,
                                 const std::function<Result<void>(const Row&)>& each) {
  const Layout layout(table);
  ContentsHash hash;
  Row row;
  std::vector<std::optional<std::string_view>> views;
  LOCKSTEP_CHECK(connection.bulk().read(layout.query(), [&](Fields fields) -> Result<void> {
    layout.read(fields, row);
    views.assign(row.begin(), row.end());
    hash.add(views);
    return each(row);
  }));
  return TableContents{.table = table.name, .rows = hash.rows(), .hash = hash.text()};
}

Result<StoreContents> contents_of(Connection& connection) {
  StoreContents contents;
  const auto tables = schema_tables();
  for (const SchemaTable& table : tables) {
    LOCKSTEP_TRY(TableContents each,
                 read_table(connection, table, [](const Row&) { return Result<void>(); }));
    contents.push_back(std::move(each));
  }
  return contents;
}

Result<void> write_rows(Connection& to, const SchemaTable& table, const std::vector<Row>& rows) {
  const Layout layout(table);
  return to.bulk().upsert(layout.bulk(), rows.size(), [&](std::size_t i, BulkRow& out) {
    for (const auto& field : rows[i]) {
      if (field) {
        out.text(*field);
      } else {
        out.null();
      }
    }
  });
}

Result<TableContents> copy_table(Connection& from, Connection& to, const SchemaTable& table) {
  std::vector<Row> rows;
  LOCKSTEP_TRY(TableContents contents, read_table(from, table, [&](const Row& row) -> Result<void> {
                 rows.push_back(row);
                 if (rows.size() < kRowsAtOnce) return {};
                 LOCKSTEP_CHECK(write_rows(to, table, rows));
                 rows.clear();
                 return {};
               }));
  LOCKSTEP_CHECK(write_rows(to, table, rows));
  return contents;
}

Result<void> check_empty(Connection& to) {
  const auto tables = schema_tables();
  for (const SchemaTable& table : tables) {
    std::int64_t rows = 0;
    to.sql() << "SELECT COUNT(*) FROM " << table.name, soci::into(rows);
    if (rows == 0) continue;
    return fail(ErrorKind::invalid,
                fmt::format("it holds something already ({} rows of {}): name one that is empty",
                            rows, table.name));
  }
  return {};
}

Result<void> check_same(const StoreContents& read, const StoreContents& written) {
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (read[i] == written[i]) continue;
    return fail(ErrorKind::corrupt,
                fmt::format("{} has {} rows there and {} here, or others: nothing was kept of it",
                            read[i].table, read[i].rows, written[i].rows));
  }
  return {};
}

/// A connection with a store that is there, and has the newest schema.
Result<std::unique_ptr<Connection>> open_existing(std::string_view url) {
  const std::string name = name_of_store(url);
  std::error_code error;
  if (url.starts_with(kSqlite) &&
      !std::filesystem::exists(std::string(url.substr(kSqlite.size())), error)) {
    return fail(ErrorKind::not_found, fmt::format("{}: there is no such file", name));
  }
  auto connection = connect(url, kStoreBusyTimeout);
  if (!connection) return std::unexpected(connection.error().within(name));
  if (const auto newest = check_newest(**connection); !newest) {
    return std::unexpected(newest.error().within(name));
  }
  return connection;
}

Result<StoreContents> copy(Connection& from, Connection& to) {
  const Transaction reading(from, Access::read);
  Transaction writing(to, Access::write);
  LOCKSTEP_CHECK(check_empty(to));
  StoreContents contents;
  const auto tables = schema_tables();
  for (const SchemaTable& table : tables) {
    LOCKSTEP_TRY(TableContents each, copy_table(from, to, table));
    contents.push_back(std::move(each));
  }
  LOCKSTEP_TRY(const StoreContents written, contents_of(to));
  LOCKSTEP_CHECK(check_same(contents, written));
  writing.commit();
  return contents;
}

// --- Backups: SQLite files with one table more ---

constexpr Column kContentsColumns[] = {{"name", 255}, {"row_count"}, {"hash", 64}};
constexpr BulkTable kContents = {"backup_contents", kContentsColumns, 1};

Result<void> write_contents(Connection& connection, const StoreContents& contents) {
  Transaction transaction(connection, Access::write);
  connection.sql() << "CREATE TABLE backup_contents (name varchar(255) NOT NULL PRIMARY KEY, "
                      "row_count bigint NOT NULL, hash varchar(64) NOT NULL)";
  LOCKSTEP_CHECK(
      connection.bulk().upsert(kContents, contents.size(), [&](std::size_t i, BulkRow& row) {
        row.text(contents[i].table);
        row.number(static_cast<std::int64_t>(contents[i].rows));
        row.text(contents[i].hash);
      }));
  transaction.commit();
  return {};
}

Result<StoreContents> promised_contents(Connection& connection) {
  if (!connection.has_table(kContents.name)) {
    return fail(ErrorKind::invalid, "it is a store, but no backup of one");
  }
  StoreContents contents;
  LOCKSTEP_CHECK(connection.bulk().read(
      "SELECT name, row_count, hash FROM backup_contents", [&](Fields row) -> Result<void> {
        const auto rows = parse_number(row[1].value_or(""));
        contents.push_back({.table = std::string(row[0].value_or("")),
                            .rows = static_cast<std::uint64_t>(rows.value_or(-1)),
                            .hash = std::string(row[2].value_or(""))});
        return {};
      }));
  return contents;
}

Result<void> check_promised(const StoreContents& promised, const StoreContents& found) {
  for (const TableContents& each : found) {
    const auto same = std::ranges::find(promised, each);
    if (same != promised.end()) continue;
    return fail(ErrorKind::corrupt,
                fmt::format("its table {} does not hold what the backup had: it is damaged, or "
                            "somebody has changed it; take another",
                            each.table));
  }
  return {};
}

std::string url_of_file(const std::string& path) {
  return fmt::format("{}{}", kSqlite, path);
}

Result<void> put_in_place(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    return std::unexpected(
        system_error(errno, fmt::format("cannot make {}", lockstep::quoted(to))));
  }
  const std::string folder = std::filesystem::path(to).parent_path();
  const UniqueFd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0) {
    return std::unexpected(
        system_error(errno, fmt::format("cannot keep {}", lockstep::quoted(folder))));
  }
  return {};
}

void remove_file(const std::string& path) {
  std::error_code error;
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(path + suffix, error);
  }
}

Result<StoreContents> write_backup(std::string_view from, const std::string& path) {
  LOCKSTEP_TRY(StoreContents contents, copy_store(from, url_of_file(path)));
  LOCKSTEP_TRY(const auto written, connect(url_of_file(path), kStoreBusyTimeout));
  LOCKSTEP_CHECK(
      guarded("writing what a backup holds", [&] { return write_contents(*written, contents); }));
  return contents;
}

}  // namespace

Result<StoreContents> read_contents(std::string_view url) {
  LOCKSTEP_TRY(const auto store, open_existing(url));
  return guarded(fmt::format("{}, reading", name_of_store(url)), [&]() -> Result<StoreContents> {
    const Transaction reading(*store, Access::read);
    return contents_of(*store);
  });
}

Result<StoreContents> copy_store(std::string_view from, std::string_view to) {
  LOCKSTEP_TRY(const auto source, open_existing(from));
  const std::string name = name_of_store(to);
  auto target = connect(to, kStoreBusyTimeout);
  if (!target) return std::unexpected(target.error().within(name));
  return guarded(fmt::format("{}, copying {}", name, name_of_store(from)),
                 [&]() -> Result<StoreContents> {
                   if (const auto ready = migrate(**target); !ready) {
                     return std::unexpected(ready.error().within(name));
                   }
                   auto contents = copy(*source, **target);
                   if (!contents) return std::unexpected(contents.error().within(name));
                   return contents;
                 });
}

Result<StoreContents> backup_store(std::string_view from, const std::string& path) {
  if (!path.starts_with('/')) {
    return fail(ErrorKind::invalid, fmt::format("{} is no absolute path", lockstep::quoted(path)));
  }
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return fail(ErrorKind::invalid,
                fmt::format("there is a file {} already", lockstep::quoted(path)));
  }
  const std::string part = path + ".part";
  remove_file(part);
  auto contents = write_backup(from, part);
  if (!contents) {
    remove_file(part);
    return contents;
  }
  LOCKSTEP_CHECK(put_in_place(part, path));
  return contents;
}

Result<StoreContents> verify_backup(const std::string& path) {
  const std::string url = url_of_file(path);
  LOCKSTEP_TRY(const auto backup, open_existing(url));
  return guarded(fmt::format("{}, reading", name_of_store(url)), [&]() -> Result<StoreContents> {
    const Transaction reading(*backup, Access::read);
    LOCKSTEP_TRY(const StoreContents promised, promised_contents(*backup));
    LOCKSTEP_TRY(StoreContents found, contents_of(*backup));
    LOCKSTEP_CHECK(check_promised(promised, found));
    return found;
  });
}

Result<StoreContents> restore_store(const std::string& path, std::string_view to) {
  LOCKSTEP_CHECK(verify_backup(path));
  return copy_store(url_of_file(path), to);
}

}  // namespace lockstep
