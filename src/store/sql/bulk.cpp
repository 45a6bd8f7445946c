#include "store/sql/bulk.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cassert>
#include <iterator>

#include "base/text.h"
#include "store/sql/dialect.h"
#include "store/sql/rows.h"
#include "store/sql/text.h"

namespace lockstep {

BulkRow::BulkRow(const char* table, std::span<const Column> columns)
    : table_(table), columns_(columns), own_(columns.size()), values_(columns.size()) {}

void BulkRow::begin() {
  next_ = 0;
  problem_.reset();
}

void BulkRow::text(std::string_view value) {
  assert(next_ < columns_.size());
  const Column& column = columns_[next_];
  if (!is_storable(value)) value = own_[next_] = storable(value);
  if (column.most_bytes != 0 && value.size() > column.most_bytes && !problem_) {
    problem_ =
        Error(ErrorKind::invalid,
              fmt::format("the {} {} has {} bytes; the table {} holds {} at most", column.name,
                          quoted(value), value.size(), table_, column.most_bytes));
  }
  values_[next_++] = value;
}

void BulkRow::cut_text(std::string_view value) {
  assert(next_ < columns_.size());
  if (!is_storable(value)) value = own_[next_] = storable(value);
  assert(columns_[next_].most_bytes != 0);
  values_[next_] = cut_to(value, columns_[next_].most_bytes);
  ++next_;
}

void BulkRow::number(std::int64_t value) {
  assert(next_ < columns_.size());
  std::string& own = own_[next_];
  own.clear();
  fmt::format_to(std::back_inserter(own), "{}", value);
  values_[next_++] = own;
}

void BulkRow::time(WallTime value) {
  assert(next_ < columns_.size());
  values_[next_] = own_[next_] = to_text(value);
  ++next_;
}

void BulkRow::time(const std::optional<WallTime>& value) {
  if (value) {
    time(*value);
  } else {
    null();
  }
}

void BulkRow::null() {
  assert(next_ < columns_.size());
  values_[next_++] = std::nullopt;
}

Result<Fields> BulkRow::finish() const {
  assert(next_ == columns_.size());
  if (problem_) return std::unexpected(*problem_);
  return Fields(values_);
}

Result<void> Bulk::upsert(const BulkTable& table, std::size_t count, const Fill& fill) {
  if (count == 0) return {};
  return do_upsert(table, count, fill);
}

Result<void> Bulk::erase(const BulkTable& table, std::size_t count, const Fill& fill) {
  if (count == 0) return {};
  return do_erase(table, count, fill);
}

Result<void> Bulk::read(const std::string& query, const Reader& reader) {
  return do_read(query, reader);
}

std::string names_of(std::span<const Column> columns) {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(sql_name(column.name));
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string on_conflict(const BulkTable& table) {
  if (table.key_size == 0) return {};
  std::vector<std::string> changes;
  for (const Column& column : table.values()) {
    changes.push_back(fmt::format("{0} = excluded.{0}", sql_name(column.name)));
  }
  const std::string conflict = fmt::format(" ON CONFLICT ({}) DO ", names_of(table.key()));
  if (changes.empty() || table.keeps) return conflict + "NOTHING";
  return conflict + fmt::format("UPDATE SET {}", fmt::join(changes, ", "));
}

}  // namespace lockstep
