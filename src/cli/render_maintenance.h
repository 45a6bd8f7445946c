// Windows of maintenance, for people.

#pragma once

#include <string>
#include <vector>

#include "model/maintenance.h"

namespace lockstep::cli {

/// A row a window.
std::string maintenance_text(const std::vector<MaintenanceWindow>& windows, WallTime now);

}  // namespace lockstep::cli
