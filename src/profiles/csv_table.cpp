#include "profiles/csv_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <map>
#include <span>

#include "base/csv.h"
#include "base/text.h"

namespace lockstep {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::size_t kColumns = 4;
/// Spreadsheets write it.
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::unexpected<Error> wrong(std::size_t line, std::string_view complaint) {
  return fail(ErrorKind::invalid, fmt::format("line {}: {}", line, complaint));
}

Result<ExpectedPort> row_of(const std::vector<std::string>& fields, std::size_t line) {
  ExpectedPort expected;
  const std::string_view port = trimmed(fields[0]);
  const auto [rest, error] = std::from_chars(port.data(), port.data() + port.size(), expected.port);
  if (error != std::errc() || rest != port.data() + port.size() || expected.port == 0) {
    return wrong(line, fmt::format("{} is no port from 1 to 65535", quoted(port)));
  }
  const std::string_view protocol = trimmed(fields[1]);
  if (protocol != "tcp" && protocol != "udp") {
    return wrong(line, fmt::format("the protocol {} is neither tcp nor udp", quoted(protocol)));
  }
  expected.protocol = protocol == "tcp" ? Protocol::tcp : Protocol::udp;
  expected.service = trimmed(fields[2]);
  return expected;
}

bool is_header(const std::vector<std::string>& fields) {
  return fmt::format("{}", fmt::join(fields, ",")) == kCsvTableHeader;
}

}  // namespace

bool is_csv_table(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return trimmed(text.substr(0, text.find('\n'))) == kCsvTableHeader;
}

Result<std::vector<ExpectedPort>> parse_csv_table(std::string_view text,
                                                  const std::string& host_type) {
  if (text.size() > kMostBytes) return fail(ErrorKind::invalid, "larger than 64 MiB");
  LOCKSTEP_TRY(const std::vector<CsvRecord> records, parse_csv(text));
  if (records.empty() || !is_header(records.front().fields)) {
    return wrong(records.empty() ? 1 : records.front().line,
                 fmt::format("the table begins with the line {}", kCsvTableHeader));
  }
  std::map<std::pair<Port, Protocol>, ExpectedPort> rows;
  for (const CsvRecord& record : std::span(records).subspan(1)) {
    if (record.fields.size() != kColumns) {
      return wrong(record.line, fmt::format("{} fields where the header has {}",
                                            record.fields.size(), kColumns));
    }
    if (trimmed(record.fields[3]) != host_type) continue;
    LOCKSTEP_TRY(ExpectedPort row, row_of(record.fields, record.line));
    const std::pair key(row.port, row.protocol);
    if (!rows.emplace(key, std::move(row)).second) {
      return wrong(record.line, fmt::format("port {} stands twice", key.first));
    }
  }
  if (rows.empty()) {
    return fail(ErrorKind::invalid, fmt::format("no row has the host type {}", quoted(host_type)));
  }
  std::vector<ExpectedPort> ports;
  for (auto& [key, row] : rows) ports.push_back(std::move(row));
  return ports;
}

}  // namespace lockstep
