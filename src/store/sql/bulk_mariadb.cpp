#include "store/sql/bulk_mariadb.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <mysqld_error.h>
#include <soci/mysql/soci-mysql.h>
#include <soci/soci.h>

#include <algorithm>
#include <string>
#include <vector>

#include "store/sql/dialect.h"
#include "store/sql/libmariadb.h"

namespace lockstep {
namespace {

/// Up to so many rows are deleted by their keys alone: a temporary table costs more.
constexpr std::size_t kFewRows = 8;
/// A statement is sent once it has so much: more does not make it quicker.
constexpr std::size_t kFullStatement = 1 << 18;
constexpr std::string_view kStaged = "lockstep_staged";

/// What follows the rows of an INSERT. Both MariaDB and MySQL know VALUES() so.
std::string on_duplicate(const BulkTable& table) {
  if (table.key_size == 0) return {};
  std::vector<std::string> changes;
  if (!table.keeps) {
    for (const Column& column : table.values()) {
      changes.push_back(fmt::format("{0} = VALUES({0})", sql_name(column.name)));
    }
  }
  // INSERT IGNORE would be quiet about more than the key.
  if (changes.empty()) changes.push_back(fmt::format("{0} = {0}", sql_name(table.columns[0].name)));
  return fmt::format(" ON DUPLICATE KEY UPDATE {}", fmt::join(changes, ", "));
}

/// "t.a = s.a AND t.b = s.b"
std::string same_key(const BulkTable& table) {
  std::vector<std::string> conditions;
  for (const Column& column : table.key()) {
    conditions.push_back(fmt::format("t.{0} = s.{0}", sql_name(column.name)));
  }
  return fmt::format("{}", fmt::join(conditions, " AND "));
}

/// An INSERT of many rows, sent in pieces.
class Insert {
 public:
  Insert(MYSQL* connection, std::string head, std::string tail, std::size_t most_bytes)
      : connection_(connection),
        head_(std::move(head)),
        tail_(std::move(tail)),
        most_bytes_(most_bytes),
        statement_(head_) {}

  void add(Fields values) {
    const std::size_t before = statement_.size();
    statement_ += before == head_.size() ? "(" : ",(";
    const char* separator = "";
    for (const auto& value : values) {
      statement_ += separator;
      separator = ",";
      if (value) {
        append_literal(connection_, *value, statement_);
      } else {
        statement_ += "NULL";
      }
    }
    statement_ += ')';
    if (statement_.size() + tail_.size() > most_bytes_ && before > head_.size()) {
      const std::string row = statement_.substr(before + 1);
      statement_.resize(before);
      finish();
      statement_ += row;
    }
    if (statement_.size() >= kFullStatement) finish();
  }

  /// Sends what is left.
  void finish() {
    if (statement_.size() == head_.size()) return;
    statement_ += tail_;
    // Of a statement that is too long, the server says nothing but that it ends the connection.
    if (statement_.size() > most_bytes_) {
      throw soci::mysql_soci_error(
          fmt::format("{} bytes, where max_allowed_packet is {}", statement_.size(), most_bytes_),
          ER_NET_PACKET_TOO_LARGE);
    }
    run(connection_, statement_);
    statement_.resize(head_.size());
  }

 private:
  MYSQL* connection_;
  std::string head_;
  std::string tail_;
  std::size_t most_bytes_;
  std::string statement_;
};

class MariadbBulk final : public Bulk {
 public:
  MariadbBulk(soci::session& sql, const std::size_t& most_bytes)
      : sql_(sql), most_bytes_(most_bytes) {}

 private:
  Result<void> do_upsert(const BulkTable& table, std::size_t count, const Fill& fill) override {
    return insert(table.name, {table.name, table.columns, on_duplicate(table)}, count, fill);
  }

  Result<void> do_erase(const BulkTable& table, std::size_t count, const Fill& fill) override {
    if (count <= kFewRows) return erase_few(table, count, fill);
    run(database(), fmt::format("CREATE TEMPORARY TABLE {} AS SELECT {} FROM {} WHERE 1 = 0",
                                kStaged, names_of(table.key()), table.name));
    const Result<void> staged = insert(table.name, {kStaged, table.key(), ""}, count, fill);
    if (staged) {
      // Row by row of the keys, which are few beside the table's.
      run(database(), fmt::format("DELETE t FROM {} s STRAIGHT_JOIN {} t ON {}", kStaged,
                                  table.name, same_key(table)));
    }
    run(database(), fmt::format("DROP TEMPORARY TABLE {}", kStaged));
    return staged;
  }

  Result<void> do_read(const std::string& query, const Reader& reader) override {
    run(database(), query);
    // Row by row as the server sends them; what is left is read and dropped at the end.
    const MariadbRows rows(mysql_use_result(database()));
    if (!rows) throw_latest(database());
    std::vector<std::optional<std::string_view>> fields(mysql_num_fields(rows.get()));
    while (const MYSQL_ROW row = mysql_fetch_row(rows.get())) {
      const unsigned long* const lengths = mysql_fetch_lengths(rows.get());
      for (std::size_t i = 0; i < fields.size(); ++i) {
        fields[i] =
            row[i] == nullptr ? std::nullopt : std::optional(std::string_view(row[i], lengths[i]));
      }
      LOCKSTEP_CHECK(reader(fields));
    }
    if (mysql_errno(database()) != 0) throw_latest(database());
    return {};
  }

  struct Target {
    std::string_view table;
    std::span<const Column> columns;
    std::string tail;
  };

  /// `name` is how messages call the table.
  Result<void> insert(const char* name, const Target& target, std::size_t count, const Fill& fill) {
    Insert rows(database(),
                fmt::format("INSERT INTO {} ({}) VALUES ", target.table, names_of(target.columns)),
                target.tail, most_bytes_);
    BulkRow row(name, target.columns);
    for (std::size_t i = 0; i < count; ++i) {
      row.begin();
      fill(i, row);
      LOCKSTEP_TRY(const Fields values, row.finish());
      rows.add(values);
    }
    rows.finish();
    return {};
  }

  Result<void> erase_few(const BulkTable& table, std::size_t count, const Fill& fill) {
    BulkRow row(table.name, table.key());
    for (std::size_t i = 0; i < count; ++i) {
      row.begin();
      fill(i, row);
      LOCKSTEP_TRY(const Fields values, row.finish());
      std::string statement = fmt::format("DELETE FROM {} WHERE ", table.name);
      for (std::size_t column = 0; column < values.size(); ++column) {
        statement +=
            fmt::format("{}{} = ", column == 0 ? "" : " AND ", sql_name(table.key()[column].name));
        append_literal(database(), values[column].value_or(""), statement);
      }
      run(database(), statement);
    }
    return {};
  }

  MYSQL* database() {
    auto* const backend = static_cast<soci::mysql_session_backend*>(sql_.get_backend());
    return backend == nullptr ? nullptr : backend->conn_;
  }

  soci::session& sql_;
  const std::size_t& most_bytes_;
};

}  // namespace

std::unique_ptr<Bulk> make_mariadb_bulk(soci::session& sql, const std::size_t& most_bytes) {
  return std::make_unique<MariadbBulk>(sql, most_bytes);
}

}  // namespace lockstep
