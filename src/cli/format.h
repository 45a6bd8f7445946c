// How times, rates and gaps are written for people.

#pragma once

#include <chrono>
#include <string>

#include "control/use_cases.h"

namespace lockstep::cli {

/// "0.84 s", "2 min 5 s", "3 h 12 min"
std::string format_duration(std::chrono::nanoseconds duration);

/// "950 pps", "374 kpps", "3.4 Mpps"
std::string format_rate(double per_second);

/// RFC 3339 in UTC, to the second.
std::string format_time(WallTime time);

/// Why nodes were not examined in full, a line for each reason, with folded nodesets; empty where
/// all were. Each line begins with `indent`.
std::string format_gaps(const std::vector<Coverage>& coverage, const std::string& indent);

}  // namespace lockstep::cli
