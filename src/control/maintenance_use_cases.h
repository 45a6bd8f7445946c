// Windows of maintenance: what the configuration says, and what people open while the daemon runs.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "control/profile_use_cases.h"
#include "model/maintenance.h"

namespace lockstep::control {

/// The longest time that one window lasts: whoever forgets it hears of its nodes again.
inline constexpr std::chrono::days kLongestMaintenance(90);

struct MaintenanceOrder {
  std::vector<std::string> nodes{};  ///< not empty
  std::optional<WallTime> from{};    ///< none: now
  std::chrono::seconds lasts{};      ///< more than 0
  std::string note{};
};

/// Those that are not over, in the order in which they begin; `configured` ones have no id.
Result<std::vector<MaintenanceWindow>> list_maintenance(
    Store& store, std::span<const MaintenanceWindow> configured, WallTime now);

/// Opens one. The nodes are those that are meant now, whatever joins their class later. Errors:
/// `invalid` where it would be over already, is too long, or too many are open.
Result<MaintenanceWindow> open_maintenance(Store& store, const MaintenanceOrder& order,
                                           const Act& act);

/// Takes one away: what is wrong with its nodes is told from now on. Errors: `not_found`.
Result<void> close_maintenance(Store& store, std::int64_t id, const Act& act);

}  // namespace lockstep::control
