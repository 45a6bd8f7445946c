#include "cli/render_store.h"

#include <fmt/format.h>

#include "cli/table.h"
#include "documents/json_parts.h"

namespace lockstep::cli {

using namespace documents;

std::string store_text(const std::vector<StoreTable>& tables, const std::string& done) {
  Table table({"TABLE", "ROWS", "CONTENTS"});
  std::uint64_t rows = 0;
  for (const StoreTable& each : tables) {
    rows += each.rows;
    if (each.rows != 0) {
      table.add({each.name, fmt::format("{}", each.rows), each.hash.substr(0, 16)});
    }
  }
  return fmt::format("{}{} rows in {} tables: {}\n", table.empty() ? "" : table.to_string(), rows,
                     tables.size(), done);
}

std::string store_json(const std::vector<StoreTable>& tables) {
  LongDocument document({{"count", tables.size()}});
  document.add("tables", tables, [](const StoreTable& each) {
    return boost::json::object{{"table", each.name}, {"rows", each.rows}, {"hash", each.hash}};
  });
  return document.take();
}

}  // namespace lockstep::cli
