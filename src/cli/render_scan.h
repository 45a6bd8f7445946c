// What a scan saw, for people.

#pragma once

#include <string>

#include "control/use_cases.h"

namespace lockstep::cli {

std::string scan_text(const SweepRecord& record);

}  // namespace lockstep::cli
