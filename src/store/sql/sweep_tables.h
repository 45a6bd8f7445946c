// sweeps, port_sets.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/past.h"
#include "model/sweep_info.h"
#include "store/sql/connection.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

struct StoredSweep {
  SweepInfo info;
  std::int64_t port_set = 0;  ///< the id of its ports in port_sets
};

/// The latest sweeps, at most `limit`, the newest first. Errors: `corrupt`.
Result<std::vector<SweepInfo>> read_sweeps(Connection& connection, std::size_t limit,
                                           std::int64_t below);

/// As Store::finished_sweeps(). Errors: `corrupt`.
Result<std::vector<SweepInfo>> read_finished_sweeps(Connection& connection, const Period& period,
                                                    std::int64_t below, std::size_t limit);

/// The sweep `id`. Errors: `not_found` where it is not running; `corrupt`.
Result<StoredSweep> running_sweep(Connection& connection, std::int64_t id);

/// Writes a new sweep and returns its id; see Store::begin_sweep(). Errors: `unavailable` where
/// another one has a node in common; `invalid`; `corrupt`.
Result<std::int64_t> add_sweep(Connection& connection, const SweepClaim& claim,
                               const std::function<bool(const SweepInfo&)>& is_alive);

/// Errors: `invalid` for a text that is too long.
Result<void> write_sweep(Connection& connection, const StoredSweep& sweep);

}  // namespace lockstep
