#include "store/sql/dialect.h"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep {
namespace {

constexpr std::string_view kReserved[] = {"match", "system"};

void replace_all(std::string& text, std::string_view word, std::string_view by) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size())) {
    text.replace(at, word.size(), by);
  }
}

}  // namespace

std::optional<std::string> in_dialect(std::string_view statement, const Dialect& dialect) {
  constexpr std::string_view kAdopt = "{adopt} ";
  constexpr std::string_view kWiden = "{widen}";
  constexpr std::string_view kClustered = "{clustered}";
  if (statement.starts_with(kAdopt)) {
    if (dialect.adopt.empty()) return std::nullopt;
    return fmt::format("ALTER TABLE {} {}", statement.substr(kAdopt.size()), dialect.adopt);
  }
  const bool widens = statement.find(kWiden) != std::string_view::npos;
  if (widens && dialect.widen.empty()) return std::nullopt;
  std::string text(statement);
  if (statement.starts_with("CREATE TABLE") && !statement.ends_with(kClustered)) {
    text += dialect.table;
  }
  replace_all(text, "{text}", dialect.text);
  replace_all(text, kClustered, dialect.clustered);
  replace_all(text, kWiden, dialect.widen);
  replace_all(text, " {to}", dialect.to);
  return text;
}

std::string sql_name(std::string_view name) {
  const bool reserved = std::ranges::find(kReserved, name) != std::end(kReserved);
  return reserved ? fmt::format("\"{}\"", name) : std::string(name);
}

}  // namespace lockstep
