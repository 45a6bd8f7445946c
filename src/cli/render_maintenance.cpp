#include "cli/render_maintenance.h"

#include <fmt/format.h>

#include "cli/format.h"
#include "cli/table.h"

namespace lockstep::cli {

std::string maintenance_text(const std::vector<MaintenanceWindow>& windows, WallTime now) {
  if (windows.empty()) return "No window of maintenance is open or to come.\n";
  Table table({"ID", "STATE", "FROM", "UNTIL", "BY", "NODES"});
  for (const MaintenanceWindow& window : windows) {
    const bool configured = window.id == 0;
    table.add({configured ? "-" : fmt::format("{}", window.id),
               window.from <= now ? "open" : "to come", format_clock(window.from, now),
               format_clock(window.until, now), configured ? "(configuration)" : shown(window.by),
               shown_sentence(window.nodes)});
    if (!window.note.empty()) table.add_note(shown_sentence(window.note));
  }
  return table.to_string();
}

}  // namespace lockstep::cli
