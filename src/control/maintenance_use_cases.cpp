#include "control/maintenance_use_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "model/duration.h"
#include "model/nodeset.h"
#include "model/utc.h"

namespace lockstep::control {
namespace {

constexpr std::size_t kMostOpen = 1000;
/// Names in all open windows: whoever decides what to tell has all of them in memory.
constexpr std::size_t kMostNames = 1'000'000;
/// A window that begins later is a slip of the hand.
constexpr std::chrono::days kFarthestStart(366);

Result<void> check(const MaintenanceWindow& window, WallTime now) {
  const auto wrong = [](std::string message) {
    return fail(ErrorKind::invalid, std::move(message));
  };
  if (window.until <= window.from) return wrong("the window would have no length");
  if (window.until - window.from > kLongestMaintenance) {
    return wrong(
        fmt::format("a window of maintenance lasts at most {} days", kLongestMaintenance.count()));
  }
  if (window.until <= now) return wrong("the window would be over already");
  if (window.from - now > kFarthestStart) return wrong("the window begins in more than a year");
  if (window.note.size() <= kMostMaintenanceNoteBytes) return {};
  return wrong(fmt::format("the note is longer than {} bytes", kMostMaintenanceNoteBytes));
}

/// What a hand made unreadable has no names.
std::size_t count_names(const std::vector<MaintenanceWindow>& windows) {
  std::size_t count = 0;
  for (const MaintenanceWindow& each : windows) {
    const auto nodes = parse_nodeset(each.nodes);
    if (nodes) count += nodes->size();
  }
  return count;
}

}  // namespace

Result<std::vector<MaintenanceWindow>> list_maintenance(
    Store& store, std::span<const MaintenanceWindow> configured, WallTime now) {
  LOCKSTEP_TRY(std::vector<MaintenanceWindow> windows, store.maintenance());
  windows.insert(windows.end(), configured.begin(), configured.end());
  std::erase_if(windows, [&](const MaintenanceWindow& window) { return window.until <= now; });
  // (Not stable_sort: clang does not compile that of libstdc++ 12 without a warning.) Those of the
  // configuration have no number, and the rest tells them apart.
  std::ranges::sort(windows, {}, [](const MaintenanceWindow& window) {
    return std::tuple(window.from, window.until, window.id, std::string_view(window.note));
  });
  return windows;
}

Result<MaintenanceWindow> open_maintenance(Store& store, const MaintenanceOrder& order,
                                           const Act& act) {
  MaintenanceWindow window;
  window.nodes = fold_nodeset(order.nodes);
  if (window.nodes.empty()) return fail(ErrorKind::invalid, "the window has no node");
  window.from = order.from.value_or(act.now);
  window.until = window.from + std::min<std::chrono::seconds>(order.lasts, std::chrono::days(3650));
  window.note = order.note;
  window.by = act.person;
  window.made = act.now;
  LOCKSTEP_CHECK(check(window, act.now));
  LOCKSTEP_TRY(const auto open, list_maintenance(store, {}, act.now));
  if (open.size() >= kMostOpen) {
    return fail(ErrorKind::invalid,
                fmt::format("{} windows are open or to come already: take some away", kMostOpen));
  }
  if (count_names(open) + order.nodes.size() > kMostNames) {
    return fail(
        ErrorKind::invalid,
        fmt::format("windows that are open or to come would name more than {} nodes in all: "
                    "take some away",
                    kMostNames));
  }
  const std::string note = window.note.empty() ? "" : fmt::format(": {}", window.note);
  LOCKSTEP_TRY(window.id, store.add_maintenance(
                              window, {.at = act.now,
                                       .person = act.person,
                                       .action = "maintenance add",
                                       .subject = "",
                                       .detail = fmt::format("{} from {} to {}{}", window.nodes,
                                                             to_text(window.from),
                                                             to_text(window.until), note)}));
  return window;
}

Result<void> close_maintenance(Store& store, std::int64_t id, const Act& act) {
  return store.remove_maintenance(
      id, {.at = act.now, .person = act.person, .action = "maintenance remove", .subject = ""});
}

}  // namespace lockstep::control
