// Text in columns, as wide as what stands in them.

#pragma once

#include <string>
#include <vector>

namespace lockstep::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.size() == 1; }
  /// The header and the rows, a line each, two spaces between columns, none at the end of a line.
  std::string to_string() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace lockstep::cli
