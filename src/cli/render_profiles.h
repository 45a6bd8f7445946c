// Profiles, for people and for other programs: in use, proposed, approved, exported.

#pragma once

#include <string>
#include <vector>

#include "control/profile_use_cases.h"

namespace lockstep::cli {

enum class ExportFormat {
  csv,  ///< RFC 4180, with a header
  sql,  ///< INSERT statements of standard SQL
};

/// What was learned, what was left out of it, and how to approve it.
std::string learn_text(const control::LearnReport& report);
std::string import_text(const Baseline& baseline);

/// Table 1, its rules, those of values, what waits for approval and what was changed by hand.
std::string show_text(const std::vector<control::ProfileState>& states,
                      const std::vector<ValueRule>& value_rules = {});

/// Line by line: "+" what waiting or unapproved expectations have over those before, "-" what not.
std::string diff_text(const std::vector<control::ProfileState>& states);

/// The states after an approval.
std::string approve_text(const std::vector<control::ProfileState>& states);

/// The rows of Table 1 that are in use. Not for terminals: texts are as they are, but for the
/// quoting of the format.
std::string export_text(const std::vector<control::ProfileState>& states, ExportFormat format);

}  // namespace lockstep::cli
