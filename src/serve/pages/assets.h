// The user interface that is part of this program (web/CMakeLists.txt).

#pragma once

#include <span>

#include "serve/pages/pages.h"

namespace lockstep::serve {

/// None where the program was built without it (LOCKSTEP_WEB=OFF).
std::span<const Asset> built_assets();

}  // namespace lockstep::serve
