// Commands about windows of maintenance.

#include <fmt/format.h>

#include "app/commands.h"
#include "app/console.h"
#include "app/daemon_link.h"
#include "app/notifications.h"
#include "app/session.h"
#include "cli/exit_status.h"
#include "cli/render_maintenance.h"
#include "control/maintenance_use_cases.h"
#include "control/scan_targets.h"
#include "documents/documents.h"

namespace lockstep {
namespace {

Result<void> show(const std::vector<MaintenanceWindow>& windows, bool json, Invocation& call) {
  return call.console.print(json ? documents::maintenance_json(windows)
                                 : cli::maintenance_text(windows, now_in_seconds()));
}

}  // namespace

Result<int> run_command(const cli::MaintenanceListCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  LOCKSTEP_TRY(const auto windows,
               control::list_maintenance(*opened.store, maintenance_of(opened.setup.config),
                                         now_in_seconds()));
  LOCKSTEP_CHECK(show(windows, command.json, call));
  return cli::kInStep;
}

Result<int> run_command(const cli::MaintenanceAddCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const ClusterSetup cluster, load_cluster(call, command.nodes));
  LOCKSTEP_TRY(const std::unique_ptr<Store> store, make_store(cluster.setup.config));
  control::MaintenanceOrder order;
  order.nodes = cluster.nodes;
  order.from = command.from;
  order.lasts = command.lasts;
  order.note = command.note;
  LOCKSTEP_TRY(const MaintenanceWindow window,
               control::open_maintenance(*store, order, own_act(call)));
  if (cluster.setup.config.notify.channels.empty()) {
    call.console.warn("nobody is told of anything: the configuration has no channel");
  }
  LOCKSTEP_CHECK(show({window}, command.json, call));
  return cli::kInStep;
}

Result<int> run_command(const cli::MaintenanceRemoveCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  LOCKSTEP_CHECK(control::close_maintenance(*opened.store, command.id, own_act(call)));
  LOCKSTEP_CHECK(call.console.print(fmt::format("The window {} is gone.\n", command.id)));
  return cli::kInStep;
}

}  // namespace lockstep
