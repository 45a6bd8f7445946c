// What is in a store, for people and scripts: after it was moved, backed up or restored.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lockstep::cli {

struct StoreTable {
  std::string name;
  std::uint64_t rows = 0;
  std::string hash;  ///< of the rows, whatever their order
};

/// A row a table that holds something, and their sum below `done`.
std::string store_text(const std::vector<StoreTable>& tables, const std::string& done);
std::string store_json(const std::vector<StoreTable>& tables);

}  // namespace lockstep::cli
