#include "store/sql/schema_tables.h"

#include <algorithm>
#include <cassert>
#include <string_view>

#include "base/text.h"
#include "store/sql/migrations.h"

namespace lockstep {
namespace {

/// Our own statements, in the form that migrations.cpp has them in: no parser of SQL.

std::string_view take_word(std::string_view& text) {
  text = trimmed(text);
  const std::size_t end = std::min(text.find_first_of(" (\n"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

bool take(std::string_view& text, std::string_view words) {
  if (!text.starts_with(words)) return false;
  text.remove_prefix(words.size());
  return true;
}

/// "a, b (c, d), e" at its outer commas.
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
    if (text[i] != ',' || depth > 0) continue;
    parts.push_back(trimmed(text.substr(start, i - start)));
    start = i + 1;
  }
  parts.push_back(trimmed(text.substr(start)));
  return parts;
}

std::string unquoted(std::string_view name) {
  if (name.starts_with('"')) name = name.substr(1, name.size() - 2);
  return std::string(name);
}

void move_to_key(const std::string& name, SchemaTable& table) {
  const auto column = std::ranges::find(table.columns, name, &SchemaColumn::name);
  assert(column != table.columns.end());
  const auto place = table.columns.begin() + static_cast<std::ptrdiff_t>(table.key_size);
  std::rotate(place, column, column + 1);
  ++table.key_size;
}

void add_column(std::string_view definition, SchemaTable& table) {
  const std::string name = unquoted(take_word(definition));
  const std::string_view type = take_word(definition);
  table.columns.push_back({name, type == "char"});
  if (definition.find("PRIMARY KEY") != std::string_view::npos) move_to_key(name, table);
}

SchemaTable read_table(std::string_view text) {
  take(text, "IF NOT EXISTS ");
  SchemaTable table;
  table.name = take_word(text);
  const std::size_t start = text.find('(') + 1;
  for (std::string_view part : parts_of(text.substr(start, text.rfind(')') - start))) {
    if (!take(part, "PRIMARY KEY ")) {
      add_column(part, table);
      continue;
    }
    for (const std::string_view name : parts_of(part.substr(1, part.size() - 2))) {
      move_to_key(unquoted(name), table);
    }
  }
  return table;
}

}  // namespace

std::vector<SchemaTable> schema_tables() {
  std::vector<SchemaTable> tables;
  for (const Statements step : schema_steps()) {
    for (std::string_view text : step) {
      if (take(text, "CREATE TABLE ")) {
        tables.push_back(read_table(text));
      } else if (take(text, "ALTER TABLE ")) {
        const auto table = std::ranges::find(tables, take_word(text), &SchemaTable::name);
        text = trimmed(text);
        if (take(text, "ADD COLUMN ")) add_column(text, *table);
      }
    }
  }
  return tables;
}

}  // namespace lockstep
