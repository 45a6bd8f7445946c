// What databases say differently in statements that make tables, so that each step of the schema is
// written once:
//
//   CREATE TABLE notes (id bigint NOT NULL PRIMARY KEY, note {text} NOT NULL)
//   CREATE TABLE looks (... PRIMARY KEY (node, port)){clustered}
//   ALTER TABLE notes {widen} maker {to} varchar(80)
//   {adopt} open_ports
//
// A text is {text} where it has no bound, and varchar(n) where it has one; a key is of numbers and
// of varchar(n) alone, of 700 characters in all at most. Names in lower case; "match" and "system"
// in double quotes, since MariaDB and MySQL have them for words of their own.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lockstep {

struct Dialect {
  /// The type of a text without a bound.
  std::string_view text;
  /// What ends the CREATE TABLE of any table, and of one whose rows should lie in the order of its
  /// primary key.
  std::string_view table = "";
  std::string_view clustered = "";
  /// Around the column in an ALTER TABLE that gives it room for more. Empty: texts have all room
  /// there is, and the statement is left out.
  std::string_view widen = "";
  std::string_view to = "";
  /// Behind the ALTER TABLE that makes a table compare texts as ours do, which somebody else may
  /// have made. Empty: all do, and the statement is left out.
  std::string_view adopt = "";
  /// A transaction that is undone undoes what it did to the schema.
  bool undoes_schema = true;
};

/// `statement` in the words of `dialect`; nothing where there is nothing to do.
std::optional<std::string> in_dialect(std::string_view statement, const Dialect& dialect);

/// `name` as it stands in a statement: in quotes where a database has it for a word of its own.
std::string sql_name(std::string_view name);

}  // namespace lockstep
