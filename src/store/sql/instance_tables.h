// instances, runs.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/sql/connection.h"
#include "store/store.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// Ascending by name. Errors: `corrupt`.
Result<std::vector<StoredInstance>> read_instances(Connection& connection);
/// Errors: `invalid` for a text that is too long.
Result<void> write_instance(Connection& connection, const StoredInstance& instance);
void remove_instance(Connection& connection, const std::string& name);

/// The latest, at most `limit`, the newest first. Errors: `corrupt`.
Result<std::vector<InstanceRun>> read_runs(Connection& connection, std::size_t limit,
                                           std::int64_t below);
/// Of each instance the latest run that was begun. Errors: `corrupt`.
Result<std::vector<InstanceRun>> read_latest_runs(Connection& connection);
Result<std::int64_t> add_run(Connection& connection, InstanceRun run);
/// Whether there is such a run that has not ended.
Result<bool> is_running_run(Connection& connection, std::int64_t id);
/// Errors: `invalid`.
Result<void> write_run(Connection& connection, const InstanceRun& run);
/// Errors: `corrupt`.
Result<void> note_lost_runs(Connection& connection,
                            const std::function<bool(const std::string& owner)>& is_alive);

}  // namespace lockstep
