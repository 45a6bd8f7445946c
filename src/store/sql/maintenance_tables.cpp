#include "store/sql/maintenance_tables.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"
#include "store/sql/numbers.h"
#include "store/sql/rows.h"

namespace lockstep {
namespace {

constexpr Column kColumns[] = {{"id"},   {"nodes"},        {"begins", 20}, {"ends", 20},
                               {"note"}, {"made_by", 255}, {"made", 20}};
constexpr BulkTable kMaintenance = {"maintenance", kColumns, 1};

Result<MaintenanceWindow> to_window(Fields row) {
  const auto text = [&](std::size_t i) { return std::string(row[i].value_or("")); };
  const auto id = parse_number(text(0));
  const auto from = parse_time(text(2));
  const auto until = parse_time(text(3));
  const auto made = parse_time(text(6));
  if (!id || !from || !until || !made) {
    return corrupt_row(kMaintenance.name, fmt::format("id {}", quoted(text(0))),
                       "its number or one of its times has no sense");
  }
  return MaintenanceWindow{.id = *id,
                           .nodes = text(1),
                           .from = *from,
                           .until = *until,
                           .note = text(4),
                           .by = text(5),
                           .made = *made};
}

}  // namespace

Result<std::vector<MaintenanceWindow>> read_maintenance(Connection& connection,
                                                        Unreadable unreadable) {
  std::vector<MaintenanceWindow> windows;
  const std::string query =
      fmt::format("SELECT {} FROM maintenance WHERE removed IS NULL", names_of(kColumns));
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    auto window = to_window(row);
    if (window) windows.push_back(std::move(*window));
    if (!window && unreadable == Unreadable::is_error) return std::unexpected(window.error());
    return {};
  }));
  std::ranges::sort(windows, {}, &MaintenanceWindow::id);
  return windows;
}

Result<std::int64_t> add_maintenance(Connection& connection, const MaintenanceWindow& window) {
  const std::int64_t id = next_id(connection, kMaintenance.name);
  LOCKSTEP_CHECK(connection.bulk().upsert(kMaintenance, 1, [&](std::size_t, BulkRow& row) {
    row.number(id);
    row.text(window.nodes);
    row.time(window.from);
    row.time(window.until);
    row.text(window.note);
    row.text(window.by);
    row.time(window.made);
  }));
  return id;
}

/// The row stays until it is pruned: no id is given twice, and who has seen this one cannot take
/// away another.
Result<MaintenanceWindow> remove_maintenance(Connection& connection, std::int64_t id,
                                             WallTime now) {
  LOCKSTEP_TRY(std::vector<MaintenanceWindow> windows,
               read_maintenance(connection, Unreadable::is_none));
  const auto found = std::ranges::find(windows, id, &MaintenanceWindow::id);
  if (found == windows.end()) {
    return fail(ErrorKind::not_found, fmt::format("there is no window of maintenance {}", id));
  }
  const std::string text = to_text(now);
  connection.sql() << "UPDATE maintenance SET removed = :now WHERE id = :id", soci::use(text),
      soci::use(id);
  return std::move(*found);
}

}  // namespace lockstep
