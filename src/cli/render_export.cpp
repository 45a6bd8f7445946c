#include <fmt/format.h>

#include "cli/render_profiles.h"

namespace lockstep::cli {
namespace {

/// RFC 4180: in quotes where a comma, a quote, a line end or a space at either side stands in it;
/// quotes inside are doubled.
std::string csv_field(const std::string& text) {
  const bool spaced = text.starts_with(' ') || text.ends_with(' ');
  if (!spaced && text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? std::string("\"\"") : std::string(1, c);
  return field + "\"";
}

/// A character string literal of standard SQL: a backslash means itself.
std::string sql_text(const std::string& text) {
  std::string literal = "'";
  for (const char c : text) literal += c == '\'' ? std::string("''") : std::string(1, c);
  return literal + "'";
}

std::string row_text(const ExpectedPort& port, const std::string& host_type, ExportFormat format) {
  if (format == ExportFormat::csv) {
    return fmt::format("{},{},{},{}\n", port.port, to_string(port.protocol),
                       csv_field(port.service), csv_field(host_type));
  }
  return fmt::format(
      "INSERT INTO open_ports (port, protocol, service, host_type) VALUES ({}, '{}', {}, {});\n",
      port.port, to_string(port.protocol), sql_text(port.service), sql_text(host_type));
}

}  // namespace

std::string export_text(const std::vector<control::ProfileState>& states, ExportFormat format) {
  std::string text = format == ExportFormat::csv ? "port,protocol,service,host_type\n" : "";
  for (const control::ProfileState& state : states) {
    if (!state.in_use) continue;
    for (const ExpectedPort& port : state.in_use->ports) {
      text += row_text(port, state.in_use->host_type, format);
    }
  }
  return text;
}

}  // namespace lockstep::cli
