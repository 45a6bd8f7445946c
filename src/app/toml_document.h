// A TOML document as plain values that know where they stand in their file, so that whoever
// reads them can say "line 7, column 3". The one place that knows the TOML library is the .cpp.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace lockstep {

/// Both count from 1, the column in bytes.
struct TomlPosition {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  friend auto operator<=>(const TomlPosition&, const TomlPosition&) = default;
};

struct TomlValue;
struct TomlEntry;

using TomlArray = std::vector<TomlValue>;

/// Ordered by key; each key once. No copies are taken of it, so that its entries keep their
/// addresses as long as the document lives.
struct TomlTable {
  TomlPosition where;  ///< of its header; of the document's first byte for the root
  std::vector<TomlEntry> entries;

  /// The value of `key`, or null. Owned by this table.
  const TomlValue* find(std::string_view key) const;
};

/// Dates and times, which no setting of ours is.
struct TomlDate {};

struct TomlValue {
  TomlPosition where;
  std::variant<std::string, std::int64_t, double, bool, TomlDate, TomlArray, TomlTable> value;
};

struct TomlEntry {
  std::string key;
  TomlPosition where;  ///< of the key
  TomlValue value;
};

/// What a person calls the type of `value`: "text", "a whole number", "a list", ...
std::string_view type_name(const TomlValue& value);

/// Parses TOML 1.0. `path` names the text in the error, which is `invalid` and tells of the first
/// place that is not TOML as "PATH:LINE:COLUMN: WHAT". Nesting is bounded by the library (256).
Result<TomlTable> parse_toml(std::string_view text, std::string_view path);

}  // namespace lockstep
