#include "app/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "app/compose.h"
#include "app/console.h"
#include "app/demo.h"
#include "app/doctor.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/render.h"
#include "control/scan_targets.h"
#include "control/use_cases.h"
#include "net/io/links.h"
#include "proc/signals.h"

namespace lockstep {
namespace {

std::vector<std::string> names_of(const Inventory& inventory) {
  std::vector<std::string> names;
  for (const auto& [name, node] : inventory.nodes) names.push_back(name);
  return names;
}

/// The report file, where one is wanted. It is opened before the work, so that a wrong path is told
/// before minutes have gone by.
class ReportFile {
 public:
  static Result<ReportFile> open(const std::string& path) {
    ReportFile report;
    report.path_ = path;
    if (path.empty()) return report;
    report.file_.open(path, std::ios::trunc);
    if (report.file_) return report;
    return std::unexpected(system_error(errno, fmt::format("--report {}", quoted(path))));
  }

  /// Whether there is a file to write: rendering a report that nobody reads costs as much as one
  /// that somebody does.
  bool wanted() const { return !path_.empty(); }

  Result<void> write(const std::string& text) {
    if (path_.empty()) return {};
    file_ << text;
    file_.close();
    if (file_) return {};
    return fail(ErrorKind::unavailable, fmt::format("could not write {}", quoted(path_)));
  }

 private:
  std::string path_;
  std::ofstream file_;
};

/// Everything that one look at nodes needs, alive as long as it lasts.
class Session {
 public:
  Session(Config config, Inventory inventory)
      : config_(std::move(config)), inventory_(std::move(inventory)) {}

  const Inventory& inventory() const { return inventory_; }

  /// `all` is the whole inventory, of which this session's may be a part.
  Result<void> prepare(const cli::PortOptions& options, const std::string& default_ports,
                       const std::vector<Prefix>& allow, EngineUse use, const Inventory& all,
                       const std::vector<std::string>& nodes) {
    LOCKSTEP_TRY(policy_, make_policy(config_, all, options));
    unresolved_ = resolve_inventory(config_, inventory_, nodes);
    LOCKSTEP_TRY(ports_,
                 make_ports(options.ports.value_or(default_ports), config_.scan.exclude_ports));
    LOCKSTEP_TRY(ComposedCollector composed,
                 make_port_collector(config_, options, make_fence(config_, allow, all, policy_),
                                     ports_, use, links_));
    collector_ = std::move(composed.collector);
    if (!composed.notice.empty()) warn(composed.notice);
    control_.stop = &signals_.stop();
    control_.progress = [this](const CollectProgress& progress) { line_.draw(progress); };
    return {};
  }

  control::SweepSetting setting() {
    return {inventory_, unresolved_, policy_, *collector_, ports_, control_};
  }

 private:
  Config config_;
  Inventory inventory_;
  std::map<std::string, std::string> unresolved_;
  TargetPolicy policy_;
  PortSet ports_;
  net::KernelLinks links_;
  std::unique_ptr<PortCollector> collector_;
  StopOnSignal signals_;
  cli::ProgressLine line_;
  CollectControl control_;
};

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

Result<std::vector<Prefix>> scan_fence(const Setup& setup, const cli::ScanCommand& command) {
  std::vector<Prefix> allow = setup.from_file() ? setup.config.scan.allow : default_fence();
  for (const std::string& text : command.allow) {
    auto prefix = Prefix::parse(text);
    if (!prefix) return std::unexpected(prefix.error().within("--allow"));
    allow.push_back(*prefix);
  }
  return allow;
}

/// The configuration, its inventory, and the nodes of it that are meant (all, where nobody says).
struct ClusterSetup {
  Setup setup;
  Inventory inventory;
  std::vector<std::string> nodes;
};

Result<ClusterSetup> load_cluster(const std::string& config, const std::string& nodes) {
  ClusterSetup cluster;
  LOCKSTEP_TRY(cluster.setup, load_setup(config));
  LOCKSTEP_CHECK(require_file(cluster.setup));
  LOCKSTEP_TRY(cluster.inventory, load_inventory(cluster.setup.config));
  if (cluster.inventory.nodes.empty()) {
    return fail(ErrorKind::invalid, fmt::format("{} describes no node: add [[nodes]] or "
                                                "[[inventory]]",
                                                cluster.setup.path));
  }
  cluster.nodes = names_of(cluster.inventory);
  if (!nodes.empty()) {
    LOCKSTEP_TRY(cluster.nodes, parse_inventory_nodes(nodes, cluster.inventory));
  }
  return cluster;
}

Result<void> require_fence(const Setup& setup) {
  if (!setup.config.scan.allow.empty()) return {};
  return fail(
      ErrorKind::invalid,
      fmt::format("{}: [scan] allow is empty; name the prefixes that may be probed", setup.path));
}

}  // namespace

Result<int> run_command(const cli::DemoCommand& command, const std::string& /*config*/) {
  const StopOnSignal signals;
  LOCKSTEP_TRY(const bool exact, run_demo(command, signals.stop()));
  return exact ? cli::kInStep : cli::kDeviations;
}

Result<int> run_command(const cli::ScanCommand& command, const std::string& config) {
  LOCKSTEP_TRY(const Setup setup, load_setup(config));
  LOCKSTEP_TRY(const std::vector<Prefix> allow, scan_fence(setup, command));
  LOCKSTEP_TRY(const Inventory known, load_inventory(setup.config));
  LOCKSTEP_TRY(Inventory targets, parse_scan_targets(command.targets, known));
  LOCKSTEP_CHECK(check_fence(targets, setup.config, allow));
  LOCKSTEP_TRY(ReportFile report, ReportFile::open(command.report));
  const std::vector<std::string> nodes = names_of(targets);
  Session session(setup.config, std::move(targets));
  LOCKSTEP_CHECK(session.prepare(command.ports, "default", allow, EngineUse::scan, known, nodes));
  LOCKSTEP_CHECK(check_fence(session.inventory(), setup.config, allow));
  LOCKSTEP_TRY(const SweepRecord record, control::scan(session.setting(), nodes));
  if (report.wanted()) LOCKSTEP_CHECK(report.write(cli::scan_json(record)));
  LOCKSTEP_CHECK(print(command.json ? cli::scan_json(record) : cli::scan_text(record)));
  return record.complete() ? cli::kInStep : cli::kIncomplete;
}

Result<int> run_command(const cli::SweepCommand& command, const std::string& config) {
  LOCKSTEP_TRY(const ClusterSetup cluster, load_cluster(config, command.nodes));
  LOCKSTEP_CHECK(require_fence(cluster.setup));
  LOCKSTEP_TRY(const std::unique_ptr<Store> store, make_store(cluster.setup.config));
  LOCKSTEP_TRY(ReportFile report_file, ReportFile::open(command.report));
  const ScanConfig& scan_config = cluster.setup.config.scan;
  Session session(cluster.setup.config, cluster.inventory);
  LOCKSTEP_CHECK(session.prepare(command.ports, scan_config.ports, scan_config.allow,
                                 EngineUse::sweep, cluster.inventory, cluster.nodes));
  LOCKSTEP_TRY(const control::SweepReport report,
               control::sweep(session.setting(), *store, cluster.nodes));
  if (report_file.wanted()) LOCKSTEP_CHECK(report_file.write(cli::sweep_json(report)));
  LOCKSTEP_CHECK(print(command.json ? cli::sweep_json(report) : cli::sweep_text(report)));
  if (report.deviates()) return cli::kDeviations;
  return report.rows.empty() && report.record.complete() ? cli::kInStep : cli::kIncomplete;
}

Result<int> run_command(const cli::LearnCommand& command, const std::string& config) {
  LOCKSTEP_TRY(const ClusterSetup cluster, load_cluster(config, command.from));
  LOCKSTEP_CHECK(require_fence(cluster.setup));
  if (cluster.nodes.size() != 1) {
    return fail(ErrorKind::invalid,
                "--from takes one node; learning by consensus of many is not there yet");
  }
  LOCKSTEP_TRY(const std::unique_ptr<Store> store, make_store(cluster.setup.config));
  const ScanConfig& scan_config = cluster.setup.config.scan;
  Session session(cluster.setup.config, cluster.inventory);
  LOCKSTEP_CHECK(session.prepare(command.ports, scan_config.ports, scan_config.allow,
                                 EngineUse::sweep, cluster.inventory, cluster.nodes));
  LOCKSTEP_TRY(
      const control::LearnReport report,
      control::learn(session.setting(), *store, command.node_class, cluster.nodes.front()));
  LOCKSTEP_CHECK(print(command.json ? cli::learn_json(report) : cli::learn_text(report)));
  return cli::kInStep;
}

Result<int> run_command(const cli::ShowCommand& command, const std::string& config) {
  LOCKSTEP_TRY(const Setup setup, load_setup(config));
  LOCKSTEP_CHECK(require_file(setup));
  LOCKSTEP_TRY(const std::unique_ptr<Store> store, make_store(setup.config));
  LOCKSTEP_TRY(std::vector<Profile> profiles, store->profiles());
  const std::string& wanted = command.node_class;
  if (!wanted.empty()) {
    std::erase_if(profiles, [&](const Profile& profile) {
      return profile.host_type.substr(0, profile.host_type.find('@')) !=
             wanted.substr(0, wanted.find('@'));
    });
    if (profiles.empty()) {
      return fail(ErrorKind::not_found,
                  fmt::format("the class {} has no profile yet; learn one: lockstep profile learn "
                              "--class {} --from NODE",
                              quoted(wanted), wanted));
    }
  }
  LOCKSTEP_CHECK(print(command.json ? cli::profiles_json(profiles) : cli::profiles_text(profiles)));
  return cli::kInStep;
}

Result<int> run_command(const cli::CheckConfigCommand& command, const std::string& config) {
  LOCKSTEP_TRY(const Setup setup, load_setup(command.file.empty() ? config : command.file));
  LOCKSTEP_CHECK(require_file(setup));
  LOCKSTEP_TRY(const Inventory inventory, load_inventory(setup.config));
  LOCKSTEP_CHECK(make_policy(setup.config, inventory, {}));
  LOCKSTEP_CHECK(make_ports(setup.config.scan.ports, setup.config.scan.exclude_ports));
  std::size_t unclassed = 0;
  for (const auto& [name, node] : inventory.nodes) unclassed += node.classes.empty() ? 1 : 0;
  if (setup.config.scan.allow.empty()) {
    warn("[scan] allow is empty, so sweeps will refuse to run");
  }
  if (unclassed > 0) {
    warn(fmt::format("{} nodes are in no class and will not be judged", unclassed));
  }
  LOCKSTEP_CHECK(print(fmt::format("{}: good; {} nodes in {} classes\n", setup.path,
                                   inventory.nodes.size(), inventory.classes.size())));
  return cli::kInStep;
}

Result<int> run_command(const cli::DoctorCommand& command, const std::string& config) {
  const std::vector<cli::DoctorCheck> checks = run_doctor(config);
  LOCKSTEP_CHECK(print(command.json ? cli::doctor_json(checks) : cli::doctor_text(checks)));
  const bool bad = std::any_of(checks.begin(), checks.end(), [](const cli::DoctorCheck& check) {
    return check.verdict == cli::DoctorCheck::Verdict::bad;
  });
  return bad ? cli::kIncomplete : cli::kInStep;
}

}  // namespace lockstep
