// Alerts, for people.

#pragma once

#include <string>
#include <vector>

#include "control/alert_use_cases.h"

namespace lockstep::cli {

/// A row an alert under a header; empty where there is none.
std::string alert_rows_text(const std::vector<AlertRow>& rows, WallTime now);

/// A row an alert, then how far to trust that there are no others.
std::string alerts_text(const control::AlertListing& listing);

/// The rows that an acknowledgement, silence or resolution was about, as they are afterwards.
std::string acted_text(const control::AlertListing& listing);

}  // namespace lockstep::cli
