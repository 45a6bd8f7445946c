#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep::cli {

std::string Table::to_string() const {
  std::vector<std::size_t> widths(rows_.front().cells.size());
  for (const Row& row : rows_) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      widths[i] = std::max(widths[i], row.cells[i].size());
    }
  }
  std::string text;
  for (const Row& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      line += fmt::format("{:<{}}", row.cells[i], i + 1 < row.cells.size() ? widths[i] + 2 : 0);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
    for (const std::string& note : row.notes) text += "  " + note + "\n";
  }
  return text;
}

}  // namespace lockstep::cli
