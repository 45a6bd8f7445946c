// Commands about a daemon and its instances.

#include <fmt/format.h>

#include <algorithm>

#include "app/commands.h"
#include "app/daemon_link.h"
#include "app/daemon_plan.h"
#include "app/instance_check.h"
#include "app/instances.h"
#include "app/session.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/render_access.h"
#include "cli/render_daemon.h"
#include "control/instance_use_cases.h"
#include "documents/documents.h"
#include "model/nodeset.h"

namespace lockstep {
namespace {

Result<DaemonLink*> daemon_of(const Invocation& call) {
  if (call.daemon != nullptr) return call.daemon;
  return fail(ErrorKind::unavailable, "no daemon runs; start it: lockstep serve");
}

}  // namespace

Result<int> run_command(const cli::StatusCommand& command, Invocation& call) {
  LOCKSTEP_TRY(DaemonLink* const daemon, daemon_of(call));
  LOCKSTEP_TRY(const control::DaemonStatus status, daemon->status());
  LOCKSTEP_CHECK(
      call.console.print(command.json ? documents::status_json(status) : cli::status_text(status)));
  return status.troubles.empty() ? cli::kInStep : cli::kDeviations;
}

Result<int> run_command(const cli::ReloadCommand& /*command*/, Invocation& call) {
  LOCKSTEP_TRY(DaemonLink* const daemon, daemon_of(call));
  if (const auto done = daemon->reload(call.person); !done) {
    return std::unexpected(
        done.error().within("the configuration does not hold, and what held before goes on"));
  }
  LOCKSTEP_CHECK(call.console.print("The configuration was read again, and holds.\n"));
  return cli::kInStep;
}

Result<int> run_command(const cli::InstanceListCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  const Config& config = opened.setup.config;
  LOCKSTEP_TRY(auto rows, control::list_instances(*opened.store, config.serve.instances));
  const auto rotates = [](const control::InstanceRow& row) {
    return row.instance.mode == InstanceMode::rotate;
  };
  if (std::ranges::any_of(rows, rotates)) {
    // Where the nodes are not known there is no promise.
    if (const auto inventory = load_inventory(config)) note_promises(rows, config, *inventory);
  }
  LOCKSTEP_CHECK(call.console.print(command.json ? documents::instances_json(rows)
                                                 : cli::instances_text(rows, now_in_seconds())));
  return cli::kInStep;
}

Result<int> run_command(const cli::InstanceSetCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  const Config& config = opened.setup.config;
  LOCKSTEP_TRY(const Inventory inventory, load_inventory(config));
  const auto check = [&](const Instance& changed) {
    return check_instance_against(changed, config, inventory);
  };
  LOCKSTEP_TRY(const Instance instance,
               control::change_instance(*opened.store, config.serve.instances, command.name,
                                        command.settings, check, own_act(call)));
  if (call.daemon != nullptr) call.daemon->instances_changed();
  LOCKSTEP_CHECK(call.console.print(cli::instance_text(instance)));
  const std::string promise = promise_of_instance(instance, config, inventory);
  if (!promise.empty()) LOCKSTEP_CHECK(call.console.print("It promises " + promise + ".\n"));
  return cli::kInStep;
}

Result<int> run_command(const cli::InstanceResetCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  LOCKSTEP_CHECK(control::reset_instance(*opened.store, command.name, own_act(call)));
  if (call.daemon != nullptr) call.daemon->instances_changed();
  LOCKSTEP_CHECK(call.console.print(
      fmt::format("What was changed of {} is taken back.\n", lockstep::quoted(command.name))));
  return cli::kInStep;
}

Result<int> run_command(const cli::InstanceRunCommand& command, Invocation& call) {
  LOCKSTEP_TRY(DaemonLink* const daemon, daemon_of(call));
  LOCKSTEP_CHECK(daemon->run_now(command.name));
  LOCKSTEP_CHECK(call.console.print(
      fmt::format("{} runs next; see: lockstep status\n", lockstep::quoted(command.name))));
  return cli::kInStep;
}

Result<int> run_command(const cli::RunsCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  LOCKSTEP_TRY(const auto runs, opened.store->runs(command.limit));
  LOCKSTEP_CHECK(call.console.print(command.json ? documents::runs_json(runs)
                                                 : cli::runs_text(runs, now_in_seconds())));
  return cli::kInStep;
}

Result<int> run_command(const cli::AuditCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  if (command.check) {
    LOCKSTEP_TRY(const AuditChain chain, opened.store->check_audit());
    LOCKSTEP_CHECK(call.console.print(cli::chain_text(chain)));
    return chain.broken ? cli::kDeviations : cli::kInStep;
  }
  LOCKSTEP_TRY(const auto entries, opened.store->audit(command.limit));
  LOCKSTEP_CHECK(
      call.console.print(command.json ? documents::audit_json(entries) : cli::audit_text(entries)));
  return cli::kInStep;
}

Result<int> run_command(const cli::LeaveCommand& command, Invocation& call) {
  LOCKSTEP_TRY(DaemonLink* const daemon, daemon_of(call));
  LOCKSTEP_TRY(const Nodeset nodes, parse_nodeset(command.nodes));
  const std::size_t left = daemon->leave(nodes.names(), command.job);
  LOCKSTEP_CHECK(call.console.print(
      fmt::format("{} of {} nodes were being asked, and are left\n", left, nodes.size())));
  return cli::kInStep;
}

}  // namespace lockstep
