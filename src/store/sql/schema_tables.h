// The tables of the schema, read off the steps that make them, for whoever copies all there is: a
// table of a new step is among them by itself.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace lockstep {

struct SchemaColumn {
  std::string name;
  bool padded = false;  ///< of char(n): spaces at its end are no part of it

  friend bool operator==(const SchemaColumn&, const SchemaColumn&) = default;
};

struct SchemaTable {
  std::string name;
  std::vector<SchemaColumn> columns;  ///< those of the primary key first
  std::size_t key_size = 0;           ///< how many these are

  friend bool operator==(const SchemaTable&, const SchemaTable&) = default;
};

/// In an order in which each refers to earlier ones alone.
std::vector<SchemaTable> schema_tables();

}  // namespace lockstep
