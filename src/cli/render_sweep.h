// What a sweep found, for people: how it went, what is not proven, what deviates, what is over.

#pragma once

#include <string>

#include "control/use_cases.h"

namespace lockstep::cli {

/// Each row has one line with its severity, alert, state, kind, classes, subject and nodes, and
/// below it, indented, what is known beyond.
std::string sweep_text(const control::SweepReport& report);

}  // namespace lockstep::cli
