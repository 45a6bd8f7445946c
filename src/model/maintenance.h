// Times during which somebody works on nodes: what they do then is told nobody.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "model/observation.h"

namespace lockstep {

/// The longest note of a window, in bytes.
inline constexpr std::size_t kMostMaintenanceNoteBytes = 1000;

struct MaintenanceWindow {
  std::int64_t id = 0;  ///< from 1; 0: the configuration has it, or it has none yet
  std::string nodes{};  ///< folded
  WallTime from{};      ///< whole seconds
  WallTime until{};     ///< whole seconds; not of it
  std::string note{};
  std::string by{};  ///< who opened it; empty: the configuration
  WallTime made{};   ///< whole seconds

  friend bool operator==(const MaintenanceWindow&, const MaintenanceWindow&) = default;
};

}  // namespace lockstep
