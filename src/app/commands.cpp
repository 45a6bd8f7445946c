#include "app/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/compose.h"
#include "app/console.h"
#include "app/daemon_link.h"
#include "app/demo.h"
#include "app/doctor.h"
#include "app/session.h"
#include "app/stop_order.h"
#include "app/user_services.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/render.h"
#include "control/scan_targets.h"
#include "control/use_cases.h"
#include "documents/documents.h"
#include "proc/stop_switch.h"

namespace lockstep {
namespace {

/// Addresses that the fence keeps out are the user's mistake when he typed them himself; those on
/// networks that are not scanned would not be probed anyway.
Result<void> check_fence(const Inventory& targets, const Config& config,
                         const std::vector<Prefix>& allow) {
  const scan::Fence fence(allow, {});
  for (const auto& [name, node] : targets.nodes) {
    for (const NodeAddress& each : node.addresses) {
      const bool probed = each.network.empty() || config.scanned_networks.contains(each.network);
      if (!probed || fence.permits(each.address)) continue;
      return fail(ErrorKind::invalid,
                  fmt::format("{} is outside the fence; if it is yours to scan, add "
                              "--allow {}, or [scan] allow in the configuration",
                              each.address.to_string(), each.address.to_string()));
    }
  }
  return {};
}

constexpr const char* kStopped = "stopped by lockstep stop; to go on: lockstep stop --lift";

Result<std::vector<Prefix>> scan_fence(const Setup& setup, const cli::ScanCommand& command) {
  std::vector<Prefix> allow = setup.from_file() ? setup.config.scan.allow : default_fence();
  for (const std::string& text : command.allow) {
    auto prefix = Prefix::parse(text);
    if (!prefix) return std::unexpected(prefix.error().within("--allow"));
    allow.push_back(*prefix);
  }
  return allow;
}

}  // namespace

Result<int> run_command(const cli::DemoCommand& command, Invocation& /*call*/) {
  const StopSwitch signals;
  LOCKSTEP_TRY(const bool exact, run_demo(command, signals.stop()));
  return exact ? cli::kInStep : cli::kDeviations;
}

Result<int> run_command(const cli::ScanCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const Setup setup, setup_of(call));
  LOCKSTEP_TRY(const std::vector<Prefix> allow, scan_fence(setup, command));
  LOCKSTEP_TRY(const Inventory known, load_inventory(setup.config));
  LOCKSTEP_TRY(Inventory targets, parse_scan_targets(command.targets, known));
  LOCKSTEP_CHECK(check_fence(targets, setup.config, allow));
  if (!command.report.empty()) LOCKSTEP_CHECK(call.console.open_report(command.report));
  const std::vector<std::string> nodes = names_of(targets);
  Session session(setup.config, std::move(targets), call);
  LOCKSTEP_CHECK(
      session.prepare(command.ports, "default", "", allow, EngineUse::scan, known, nodes));
  LOCKSTEP_CHECK(check_fence(session.inventory(), setup.config, allow));
  const cli::ServiceOptions& services = command.services;
  if (services.asked()) {
    LOCKSTEP_CHECK(session.start_services(services));
  }
  LOCKSTEP_TRY(SweepRecord record, control::scan(session.setting(), nodes));
  if (services.asked()) LOCKSTEP_CHECK(session.identify_services(record));
  if (session.was_stopped_for_all()) call.console.warn(kStopped);
  if (!command.report.empty())
    LOCKSTEP_CHECK(call.console.write_report(documents::scan_json(record)));
  LOCKSTEP_CHECK(
      call.console.print(command.json ? documents::scan_json(record) : cli::scan_text(record)));
  return record.complete() ? cli::kInStep : cli::kIncomplete;
}

namespace {

Result<int> do_sweep(const cli::SweepCommand& command, bool without_profile, Invocation& call) {
  LOCKSTEP_TRY(const ClusterSetup cluster, load_cluster(call, command.nodes));
  LOCKSTEP_CHECK(require_fence(cluster.setup));
  LOCKSTEP_TRY(const std::unique_ptr<Store> store, make_store(cluster.setup.config));
  if (!command.report.empty()) LOCKSTEP_CHECK(call.console.open_report(command.report));
  if (call.daemon != nullptr) call.daemon->ask_by_hand(cluster.nodes);
  Session session(cluster.setup.config, cluster.inventory, call);
  LOCKSTEP_CHECK(session.prepare_sweep(command.ports, cluster.nodes));
  LOCKSTEP_CHECK(session.start_services(command.services));
  const control::SweepSetting setting = session.setting();
  control::SweepPolicy policy = session.policy();
  policy.without_profile = without_profile;
  LOCKSTEP_TRY(const control::SweepReport report,
               control::sweep(setting, *store, cluster.nodes, policy, session.world()));
  if (session.was_stopped_for_all()) call.console.warn(kStopped);
  if (!command.report.empty())
    LOCKSTEP_CHECK(call.console.write_report(documents::sweep_json(report)));
  LOCKSTEP_CHECK(
      call.console.print(command.json ? documents::sweep_json(report) : cli::sweep_text(report)));
  if (!report.not_kept.empty()) call.console.warn("this sweep is NOT kept: " + report.not_kept);
  if (report.deviates()) return cli::kDeviations;
  const bool clean = report.rows.empty() && report.record.complete() && report.not_kept.empty();
  return clean ? cli::kInStep : cli::kIncomplete;
}

}  // namespace

Result<int> run_command(const cli::SweepCommand& command, Invocation& call) {
  return send_in_turn(call, command.services, [&] { return do_sweep(command, false, call); });
}

Result<int> run_sweep_without_profile(const cli::SweepCommand& command, Invocation& call) {
  return send_in_turn(call, command.services, [&] { return do_sweep(command, true, call); });
}

Result<int> run_command(const cli::StopCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const Setup setup, setup_of(call));
  const std::string file = stop_file(setup.config);
  if (command.lift) {
    LOCKSTEP_TRY(const bool lifted, lift_stop_order(setup.config));
    LOCKSTEP_CHECK(
        call.console.print(lifted ? "Scans and sweeps may start again.\n"
                                  : fmt::format("Nothing was stopped: there is no {}.\n", file)));
    return cli::kInStep;
  }
  LOCKSTEP_CHECK(give_stop_order(setup.config, command.note));
  LOCKSTEP_CHECK(
      call.console.print(fmt::format("{} is there: whatever sends stops now, and nothing starts "
                                     "until: lockstep stop --lift\n",
                                     file)));
  return cli::kInStep;
}

Result<int> run_command(const cli::CheckConfigCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const Setup setup, load_setup(command.file.empty() ? call.config : command.file));
  LOCKSTEP_CHECK(require_file(setup));
  LOCKSTEP_TRY(const Inventory inventory, load_inventory(setup.config));
  LOCKSTEP_CHECK(make_policy(setup.config, inventory, {}));
  LOCKSTEP_CHECK(make_ports(setup.config.scan.ports, setup.config.scan.udp_ports,
                            setup.config.scan.exclude_ports));
  if (!setup.config.services.files.empty()) {
    LOCKSTEP_CHECK(load_user_services(setup.config.services.files));
  }
  std::size_t unclassed = 0;
  for (const auto& [name, node] : inventory.nodes) unclassed += node.classes.empty() ? 1 : 0;
  if (setup.config.scan.allow.empty()) {
    call.console.warn("[scan] allow is empty, so sweeps will refuse to run");
  }
  if (unclassed > 0) {
    call.console.warn(fmt::format("{} nodes are in no class and will not be judged", unclassed));
  }
  LOCKSTEP_CHECK(call.console.print(fmt::format("{}: good; {} nodes in {} classes\n", setup.path,
                                                inventory.nodes.size(), inventory.classes.size())));
  return cli::kInStep;
}

Result<int> run_command(const cli::DoctorCommand& command, Invocation& call) {
  const std::vector<cli::DoctorCheck> checks = run_doctor(call.config);
  LOCKSTEP_CHECK(
      call.console.print(command.json ? cli::doctor_json(checks) : cli::doctor_text(checks)));
  const bool bad = std::any_of(checks.begin(), checks.end(), [](const cli::DoctorCheck& check) {
    return check.verdict == cli::DoctorCheck::Verdict::bad;
  });
  return bad ? cli::kIncomplete : cli::kInStep;
}

}  // namespace lockstep
