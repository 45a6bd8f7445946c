#include "inventory/file/file_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/csv.h"
#include "base/text.h"
#include "inventory/entries.h"
#include "inventory/read_file.h"

namespace lockstep {
namespace {

constexpr std::array<std::string_view, 5> kColumns{"name", "address", "network", "class", "group"};

/// Which field of a record holds each of kColumns.
using Columns = std::array<std::optional<std::size_t>, kColumns.size()>;

std::unexpected<Error> fail_at(std::size_t line, std::string_view message) {
  return fail(ErrorKind::invalid, fmt::format("line {}: {}", line, message));
}

Result<Columns> read_header(const CsvRecord& header) {
  Columns columns;
  for (std::size_t i = 0; i < header.fields.size(); ++i) {
    const std::string_view title = trimmed(header.fields[i]);
    const auto found = std::ranges::find(kColumns, title);
    if (found == kColumns.end()) {
      const std::string_view meant = nearest(title, kColumns);
      return fail_at(header.line,
                     fmt::format("unknown column {}{}; the header is name,address,network,class,"
                                 "group",
                                 quoted(title),
                                 meant.empty() ? "" : fmt::format(" (did you mean {}?)", meant)));
    }
    auto& column = columns[static_cast<std::size_t>(found - kColumns.begin())];
    if (column) return fail_at(header.line, fmt::format("two columns {}", quoted(title)));
    column = i;
  }
  if (!columns[0]) return fail_at(header.line, "the header has no column \"name\"");
  return columns;
}

Result<NodeEntry> read_entry(const CsvRecord& record, const Columns& columns, std::size_t width) {
  if (record.fields.size() != width) {
    const bool cut = record.fields[*columns[0]].find('[') != std::string::npos &&
                     record.fields[*columns[0]].find(']') == std::string::npos;
    return fail_at(record.line,
                   fmt::format("{} fields, but the header has {}{}", record.fields.size(), width,
                               cut ? "; put a nodeset with commas in quotes" : ""));
  }
  const auto field = [&](std::size_t column) {
    return columns[column] ? trimmed(record.fields[*columns[column]]) : std::string_view();
  };
  NodeEntry entry;
  entry.nodes = field(0);
  if (!field(1).empty()) entry.addresses.emplace_back(field(1));
  entry.network = field(2);
  for (const std::string_view name : split(field(3), ';')) {
    if (!trimmed(name).empty()) entry.classes.emplace_back(trimmed(name));
  }
  entry.group = field(4);
  return entry;
}

class FileSource final : public InventorySource {
 public:
  explicit FileSource(const std::string& path)
      : InventorySource("node file " + path), path_(path) {}

 private:
  Result<Inventory> do_load() override {
    LOCKSTEP_TRY(const std::string text, read_inventory_file(path_));
    return parse_node_file(text);
  }

  std::string path_;
};

}  // namespace

Result<Inventory> parse_node_file(std::string_view text) {
  LOCKSTEP_TRY(const std::vector<CsvRecord> records, parse_csv(text));
  if (records.empty()) {
    return fail(ErrorKind::invalid,
                "the file is empty; its header is name,address,network,class,group");
  }
  LOCKSTEP_TRY(const Columns columns, read_header(records[0]));
  Inventory result;
  for (std::size_t i = 1; i < records.size(); ++i) {
    LOCKSTEP_TRY(const NodeEntry entry, read_entry(records[i], columns, records[0].fields.size()));
    if (const auto added = add_entry(result, entry); !added) {
      return fail_at(records[i].line, added.error().message());
    }
  }
  return result;
}

std::unique_ptr<InventorySource> make_file_source(const std::string& path) {
  return std::make_unique<FileSource>(path);
}

}  // namespace lockstep
