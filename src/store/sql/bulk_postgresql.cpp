#include "store/sql/bulk_postgresql.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <string>
#include <vector>

#include "store/sql/libpq.h"

namespace lockstep {
namespace {

/// Up to so many rows go one by one: a temporary table costs more, and leaves dead rows in the
/// server's catalogue.
constexpr std::size_t kFewRows = 8;
constexpr std::size_t kCopyBytes = 65536;  ///< handed to libpq at a time
constexpr int kFetchRows = 10'000;         ///< of a query at a time; bounds the memory
constexpr std::string_view kStaged = "lockstep_staged";

/// A line of COPY's text format, https://www.postgresql.org/docs/15/sql-copy.html
void append_copy_line(Fields values, std::string& buffer) {
  const char* separator = "";
  for (const auto& value : values) {
    buffer += separator;
    separator = "\t";
    if (!value) {
      buffer += "\\N";
      continue;
    }
    for (const char c : *value) {
      switch (c) {
        case '\\': buffer += "\\\\"; break;
        case '\t': buffer += "\\t"; break;
        case '\n': buffer += "\\n"; break;
        case '\r': buffer += "\\r"; break;
        default: buffer += c;
      }
    }
  }
  buffer += '\n';
}

/// A COPY FROM STDIN under way. It is called off unless finish() is reached: the connection would
/// take no other statement meanwhile.
class CopyIn {
 public:
  CopyIn(PGconn* connection, const std::string& statement) : connection_(connection) {
    run(connection_, statement);
    open_ = true;
  }
  ~CopyIn() {
    if (open_) end("called off");
  }
  CopyIn(const CopyIn&) = delete;
  CopyIn& operator=(const CopyIn&) = delete;

  void add(Fields values) {
    append_copy_line(values, buffer_);
    if (buffer_.size() >= kCopyBytes) flush();
  }

  void finish() {
    flush();
    open_ = false;
    if (PQputCopyEnd(connection_, nullptr) != 1) broken();
    const LibpqResult result = checked(connection_, PQgetResult(connection_));
    drain();
  }

 private:
  void flush() {
    if (PQputCopyData(connection_, buffer_.data(), static_cast<int>(buffer_.size())) != 1) broken();
    buffer_.clear();
  }

  void end(const char* problem) {
    if (PQputCopyEnd(connection_, problem) == 1) drain();
  }

  void drain() {
    while (const LibpqResult result{PQgetResult(connection_)}) {
    }
  }

  [[noreturn]] void broken() {
    throw soci::postgresql_soci_error(PQerrorMessage(connection_), "08006");
  }

  PGconn* connection_;
  std::string buffer_;
  bool open_ = false;
};

std::string marks(std::size_t count) {
  std::string text;
  for (std::size_t i = 1; i <= count; ++i) text += fmt::format("{}${}", i == 1 ? "" : ", ", i);
  return text;
}

/// "t.a = s.a AND t.b = s.b", or "a = $1 AND b = $2" without a second table.
std::string same_key(const BulkTable& table, bool staged) {
  std::vector<std::string> conditions;
  std::size_t number = 0;
  for (const Column& column : table.key()) {
    ++number;
    conditions.push_back(staged ? fmt::format("t.{0} = s.{0}", column.name)
                                : fmt::format("{} = ${}", column.name, number));
  }
  return fmt::format("{}", fmt::join(conditions, " AND "));
}

class PostgresqlBulk final : public Bulk {
 public:
  explicit PostgresqlBulk(soci::session& sql) : sql_(sql) {}

 private:
  Result<void> do_upsert(const BulkTable& table, std::size_t count, const Fill& fill) override {
    const std::string names = names_of(table.columns);
    const std::string into = fmt::format("INSERT INTO {} ({})", table.name, names);
    if (count <= kFewRows) {
      return each(
          fmt::format("{} VALUES ({}){}", into, marks(table.columns.size()), on_conflict(table)),
          BulkRow(table.name, table.columns), count, fill);
    }
    return staged(table.name, table.columns, count, fill,
                  fmt::format("{} SELECT {} FROM {}{}", into, names, kStaged, on_conflict(table)));
  }

  Result<void> do_erase(const BulkTable& table, std::size_t count, const Fill& fill) override {
    if (count <= kFewRows) {
      return each(fmt::format("DELETE FROM {} WHERE {}", table.name, same_key(table, false)),
                  BulkRow(table.name, table.key()), count, fill);
    }
    return staged(table.name, table.key(), count, fill,
                  fmt::format("DELETE FROM {} t USING {} s WHERE {}", table.name, kStaged,
                              same_key(table, true)));
  }

  Result<void> do_read(const std::string& query, const Reader& reader) override {
    run(database(), "DECLARE lockstep_rows NO SCROLL CURSOR FOR " + query);
    const std::string fetch = fmt::format("FETCH {} FROM lockstep_rows", kFetchRows);
    std::vector<std::optional<std::string_view>> fields;
    for (int rows = kFetchRows; rows == kFetchRows;) {
      const LibpqResult batch = run(database(), fetch);
      rows = PQntuples(batch.get());
      fields.resize(static_cast<std::size_t>(PQnfields(batch.get())));
      for (int row = 0; row < rows; ++row) {
        for (std::size_t i = 0; i < fields.size(); ++i) {
          fields[i] = field(batch.get(), row, static_cast<int>(i));
        }
        LOCKSTEP_CHECK(reader(fields));
      }
    }
    run(database(), "CLOSE lockstep_rows");
    return {};
  }

  static std::optional<std::string_view> field(const PGresult* batch, int row, int column) {
    if (PQgetisnull(batch, row, column) != 0) return std::nullopt;
    return std::string_view(PQgetvalue(batch, row, column),
                            static_cast<std::size_t>(PQgetlength(batch, row, column)));
  }

  /// Runs `statement` once for each row.
  Result<void> each(const std::string& statement, BulkRow row, std::size_t count,
                    const Fill& fill) {
    std::vector<std::string> texts;  // libpq wants them to end with a NUL
    std::vector<const char*> parameters;
    for (std::size_t i = 0; i < count; ++i) {
      row.begin();
      fill(i, row);
      LOCKSTEP_TRY(const Fields values, row.finish());
      texts.assign(values.size(), {});
      parameters.assign(values.size(), nullptr);
      for (std::size_t column = 0; column < values.size(); ++column) {
        if (!values[column]) continue;
        texts[column] = *values[column];
        parameters[column] = texts[column].c_str();
      }
      checked(database(),
              PQexecParams(database(), statement.c_str(), static_cast<int>(parameters.size()),
                           nullptr, parameters.data(), nullptr, nullptr, 0));
    }
    return {};
  }

  /// Copies the rows into a temporary table that looks like `columns` of `table`, runs `statement`,
  /// and takes the temporary table away.
  Result<void> staged(const char* table, std::span<const Column> columns, std::size_t count,
                      const Fill& fill, const std::string& statement) {
    const std::string names = names_of(columns);
    run(database(), fmt::format("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} "
                                "WITH NO DATA",
                                kStaged, names, table));
    {
      CopyIn copy(database(), fmt::format("COPY {} ({}) FROM STDIN", kStaged, names));
      BulkRow row(table, columns);
      for (std::size_t i = 0; i < count; ++i) {
        row.begin();
        fill(i, row);
        LOCKSTEP_TRY(const Fields values, row.finish());
        copy.add(values);
      }
      copy.finish();
    }
    run(database(), statement);
    run(database(), fmt::format("DROP TABLE {}", kStaged));
    return {};
  }

  PGconn* database() {
    return static_cast<soci::postgresql_session_backend*>(sql_.get_backend())->conn_;
  }

  soci::session& sql_;
};

}  // namespace

std::unique_ptr<Bulk> make_postgresql_bulk(soci::session& sql) {
  return std::make_unique<PostgresqlBulk>(sql);
}

}  // namespace lockstep
