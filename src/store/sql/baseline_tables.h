// baselines, baseline_ports, baseline_outliers; approvals.

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/profile.h"
#include "store/sql/connection.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// Ascending by host type. Errors: `corrupt`.
Result<std::vector<Baseline>> read_baselines(Connection& connection);
/// Replaces the one of the same host type. Errors: `invalid` for a text that is too long.
Result<void> write_baseline(Connection& connection, const Baseline& baseline);
void remove_baseline(Connection& connection, const std::string& host_type);

/// Ascending by host type. Errors: `corrupt`.
Result<std::vector<Approval>> read_approvals(Connection& connection);
/// Replaces the one of the same host type. Errors: `invalid` for a text that is too long.
Result<void> write_approval(Connection& connection, const Approval& approval);
void remove_approval(Connection& connection, const std::string& host_type);

}  // namespace lockstep
