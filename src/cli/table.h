// Text in columns, as wide as what stands in them.

#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lockstep::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> header) { add(std::move(header)); }

  void add(std::vector<std::string> row) { rows_.push_back({std::move(row), {}}); }
  /// A line of its own under the row that was added last, indented; no column.
  void add_note(std::string note) { rows_.back().notes.push_back(std::move(note)); }
  bool empty() const { return rows_.size() == 1; }
  /// The header and the rows, a line each, two spaces between columns, none at the end of a line.
  std::string to_string() const;

 private:
  struct Row {
    std::vector<std::string> cells;
    std::vector<std::string> notes;
  };

  std::vector<Row> rows_;
};

}  // namespace lockstep::cli
