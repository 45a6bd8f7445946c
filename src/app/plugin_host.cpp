#include "app/plugin_host.h"

#include <fmt/format.h>

#include "app/commands.h"
#include "app/console.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "plugin_host/host_socket.h"
#include "plugin_host/remote_runner.h"
#include "proc/service_manager.h"

namespace lockstep {

int run_plugin_keeper() {
  const auto done = plugin_host::run_keeper();
  if (done) return cli::kInStep;
  warn("starting plug-in hosts: " + done.error().message());
  return cli::kIncomplete;
}

Result<std::unique_ptr<plugin_host::Keeper>> start_plugin_keeper() {
  return plugin_host::Keeper::start({"/proc/self/exe", kPluginKeeper});
}

std::shared_ptr<GuardedRunner> plugin_runner(const ServeConfig& config,
                                             plugin_host::Keeper& keeper) {
  if (!config.plugins_socket.empty()) {
    return std::make_shared<plugin_host::RemoteRunner>(
        [path = config.plugins_socket] { return plugin_host::connect_to_host(path); });
  }
  return std::make_shared<plugin_host::RemoteRunner>(
      [user = config.plugins_user, &keeper] { return keeper.start_host(user); });
}

Result<int> run_command(const cli::PluginHostCommand& command, Invocation& call) {
  if (!command.socket.starts_with('/')) {
    return fail(ErrorKind::invalid,
                fmt::format("--socket {}: write an absolute path", quoted(command.socket)));
  }
  const ServiceManager manager = ServiceManager::from_environment();
  LOCKSTEP_CHECK(plugin_host::serve_hosts({.path = command.socket, .served = command.served}, [&] {
    call.console.warn(fmt::format("running plug-ins for {}, at {}", quoted(command.served),
                                  quoted(command.socket)));
    manager.tell("READY=1");
  }));
  manager.tell("STOPPING=1");
  return cli::kInStep;
}

}  // namespace lockstep
