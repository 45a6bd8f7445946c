// job_listeners.

#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "model/job_listener.h"
#include "store/sql/connection.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// Ascending. Errors: `corrupt`.
Result<std::vector<JobListener>> read_job_listeners(Connection& connection);

/// Takes away those at the places of `gone`, then writes `tied` in place of what stood there; of
/// two of one place, the later one. Errors: `invalid` for a node or a network whose name is too
/// long.
Result<void> change_job_listeners(Connection& connection, std::span<const JobListener> gone,
                                  std::span<const JobListener> tied);

}  // namespace lockstep
