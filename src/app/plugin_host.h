// Composition of the processes that run plug-ins for `lockstep serve` (plugin_host/keeper.h), and
// of `lockstep plugin-host`, by which they are a unit of their own.

#pragma once

#include <memory>

#include "app/config_serve.h"
#include "plugin_host/keeper.h"
#include "proc/guarded_runner.h"

namespace lockstep {

/// The hidden first word of a command line that makes the program such a process.
inline constexpr const char* kPluginKeeper = "plugin-keeper";

/// Such a process; returns an exit status.
int run_plugin_keeper();

/// Starts the keeper, a copy of this program: before serve has threads, and while it has its
/// rights. Where it may not become another user, it starts all the same; its hosts tell.
Result<std::unique_ptr<plugin_host::Keeper>> start_plugin_keeper();

/// Who runs plug-ins: hosts of the unit that `config` names, else those of `keeper`, which outlives
/// it.
std::shared_ptr<GuardedRunner> plugin_runner(const ServeConfig& config,
                                             plugin_host::Keeper& keeper);

}  // namespace lockstep
