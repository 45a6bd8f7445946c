#include "app/session.h"

#include <fmt/format.h>

#include <thread>

#include "app/console.h"
#include "app/daemon_link.h"
#include "app/services.h"
#include "app/stop_order.h"
#include "base/text.h"
#include "cli/format.h"
#include "control/scan_targets.h"
#include "proc/identity.h"

namespace lockstep {
namespace {

/// A sweep of another machine that has given no sign of life for so long is held for lost. They
/// give one at least every minute or so, unless their store is full.
constexpr std::chrono::minutes kLongestSilence(5);

/// Asked when a sweep is about to begin, of a session that began at `begun`.
bool is_alive(const SweepInfo& sweep, WallTime begun) {
  // A process has one session at a time: of an earlier one, the store could not be told the end. Of
  // this one there may be several, of a rotating turn.
  if (sweep.owner == own_identity()) return sweep.started >= begun;
  switch (liveness_of(sweep.owner)) {
    case Liveness::alive: return true;
    case Liveness::dead: return false;
    case Liveness::unknown: break;
  }
  return std::chrono::system_clock::now() - sweep.ended < kLongestSilence;
}

/// How long it takes to ask `ports` of each node by UDP, at least.
std::chrono::seconds udp_duration(const ScanConfig& scan, std::size_t ports, double node_rate) {
  const double sources = std::max<double>(1, static_cast<double>(scan.source_addresses.size()));
  const double asked = static_cast<double>(ports);
  double seconds = asked / node_rate;
  const scan::IcmpLimit usual;
  if (!scan.icmp_rate.is_unlimited()) {
    const double paced = asked / sources - (usual.burst - 1);
    seconds = std::max(seconds, paced / scan.icmp_rate.value());
  }
  return std::chrono::seconds(static_cast<std::int64_t>(seconds));
}

}  // namespace

Session::Session(Config config, Inventory inventory, Invocation& call)
    : config_(std::move(config)),
      inventory_(std::move(inventory)),
      console_(call.console),
      daemon_(call.daemon),
      stop_(call.stops(stop_file(config_))) {}

Result<void> Session::prepare(const cli::PortOptions& options, const std::string& default_ports,
                              const std::string& default_udp_ports,
                              const std::vector<Prefix>& allow, EngineUse use, const Inventory& all,
                              const std::vector<std::string>& nodes) {
  LOCKSTEP_CHECK(require_no_stop_order(config_));
  use_ = use;
  LOCKSTEP_TRY(policy_, make_policy(config_, all, options));
  unresolved_ = resolve_inventory(config_, inventory_, nodes);
  // Whoever names ports of one protocol alone means these alone.
  const bool tcp_alone = options.ports && !options.udp_ports;
  const bool udp_alone = options.udp_ports && !options.ports;
  LOCKSTEP_TRY(ports_, make_ports(udp_alone ? "" : options.ports.value_or(default_ports),
                                  tcp_alone ? "" : options.udp_ports.value_or(default_udp_ports),
                                  config_.scan.exclude_ports));
  fence_ = make_fence(config_, allow, all, policy_);
  LOCKSTEP_TRY(
      ComposedCollector composed,
      make_port_collector(config_, options, fence_, ports_,
                          {use, links_, daemon_ != nullptr ? &daemon_->launcher() : nullptr}));
  foretell(options);
  collector_ = std::move(composed.collector);
  if (!composed.notice.empty()) console_.warn(composed.notice);
  control_.stop = &stop_->stop();
  if (daemon_ != nullptr) control_.leave = daemon_->leave_list();
  control_.progress = [this, engine = composed.engine](const CollectProgress& progress) {
    console_.progress(progress);
    if (daemon_ != nullptr) daemon_->note_sweeping(engine, progress);
  };
  return {};
}

Result<void> Session::prepare_sweep(const cli::PortOptions& options,
                                    const std::vector<std::string>& nodes) {
  if (daemon_ == nullptr) scheduler_ = make_scheduler(config_.scheduler, nodes);
  const Inventory all = inventory_;
  return prepare(options, config_.scan.ports, config_.scan.udp_ports, config_.scan.allow,
                 EngineUse::sweep, all, nodes);
}

Result<void> Session::start_services(const cli::ServiceOptions& options) {
  asks_all_services_ = options.all;
  if (!options.asked() && !config_.services.in_sweeps) return {};
  // In front of those of the configuration: the first is the strongest.
  services::UserPaths files = config_.services.files;
  files.probes.insert(files.probes.begin(), options.probes.begin(), options.probes.end());
  files.recog.insert(files.recog.begin(), options.recog.begin(), options.recog.end());
  LOCKSTEP_TRY(ComposedServices composed,
               make_service_collector({.fence = fence_,
                                       .keys = config_.services.keys && !options.no_keys,
                                       .twice = use_ == EngineUse::sweep,
                                       .log_file = options.dialogues,
                                       .files = std::move(files)}));
  services_ = std::move(composed.collector);
  tellable_ = std::move(composed.tellable);
  return services_->start();
}

Result<void> Session::identify_services(SweepRecord& record) {
  LOCKSTEP_TRY(const CollectSummary summary,
               lockstep::identify_services(*services_, record, control_));
  record.summary.interrupted = record.summary.interrupted || summary.interrupted;
  if (record.summary.problem.empty()) record.summary.problem = summary.problem;
  record.summary.duration += summary.duration;
  return {};
}

void Session::foretell(const cli::PortOptions& options) const {
  constexpr std::chrono::minutes kLong(2);
  const std::size_t ports = ports_.of(Protocol::udp).size();
  const double node_rate = options.node_rate.value_or(config_.scan.node_rate).value();
  const auto duration = udp_duration(config_.scan, ports, node_rate);
  if (duration < kLong) return;
  console_.warn(
      fmt::format("{} UDP ports take {} at least, since nodes limit their ICMP errors; more "
                  "[scan] source_addresses make it quicker",
                  with_thousands(ports), cli::format_duration(duration)));
}

control::SweepSetting Session::setting() {
  return {inventory_, unresolved_, policy_, *collector_, ports_, control_, services_.get()};
}

control::SweepPolicy Session::policy() const {
  return {.severities = config_.analysis.severities,
          .alerts = {.missing_after = config_.analysis.missing_after},
          .reasks = static_cast<unsigned>(config_.analysis.reasks),
          .services = {.keys = config_.services.policies, .tellable = tellable_},
          .schedule = {.interval = config_.services.interval, .all = asks_all_services_},
          .job_ports = config_.scheduler.job_ports,
          .owner = own_identity(),
          .host = own_host_name()};
}

control::SweepWorld Session::world() const {
  control::SweepWorld world{
      .now = now_in_seconds,
      .wait_for_reask = [this] { wait_for(config_.analysis.reask_interval); },
      .is_alive = [begun = begun_](const SweepInfo& sweep) { return is_alive(sweep, begun); },
      .given_up = [this] { return stop_->interrupted(); }};
  if (daemon_ != nullptr && daemon_->has_scheduler()) {
    world.schedules = [this](const std::vector<std::string>& nodes) {
      return daemon_->schedules(nodes);
    };
    world.wait_for_schedules = [this] { return daemon_->wait_for_schedules(stop_->stop()); };
  }
  if (scheduler_) {
    world.schedules = [this](const std::vector<std::string>& nodes) {
      return ask_scheduler(nodes);
    };
    world.wait_for_schedules = [this] { return ask_scheduler_anew(); };
  }
  return world;
}

std::vector<NodeSchedule> Session::ask_scheduler(const std::vector<std::string>& nodes) const {
  std::vector<NodeSchedule> schedules;
  for (KnownSchedule& known : scheduler_->states(nodes)) {
    schedules.push_back(std::move(known.schedule));
  }
  if (scheduler_->trouble()) {
    console_.warn("nodes of which the scheduler says nothing count as busy: " +
                  scheduler_->trouble()->message());
  }
  return schedules;
}

bool Session::ask_scheduler_anew() const {
  wait_for(scheduler_->until_next_round());
  if (stop_->stop()) return false;
  scheduler_->states({});
  return !scheduler_->trouble();
}

void Session::wait_for(std::chrono::milliseconds time) const {
  constexpr std::chrono::milliseconds kPoll(20);
  const auto end = std::chrono::steady_clock::now() + time;
  while (!stop_->stop() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(kPoll);
  }
}

Result<Setup> setup_of(const Invocation& call) {
  if (call.daemon != nullptr) return *call.daemon->setup();
  return load_setup(call.config);
}

Result<ClusterSetup> load_cluster(const Invocation& call, const std::string& nodes) {
  ClusterSetup cluster;
  LOCKSTEP_TRY(cluster.setup, setup_of(call));
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

Result<StoreSetup> open_configured_store(const Invocation& call) {
  StoreSetup opened;
  LOCKSTEP_TRY(opened.setup, setup_of(call));
  LOCKSTEP_CHECK(require_file(opened.setup));
  LOCKSTEP_TRY(opened.store, make_store(opened.setup.config));
  return opened;
}

Result<int> send_in_turn(Invocation& call, const cli::ServiceOptions& services,
                         const std::function<Result<int>()>& work) {
  if (call.daemon == nullptr) return work();
  if (!services.dialogues.empty() || !services.probes.empty() || !services.recog.empty()) {
    return fail(
        ErrorKind::unsupported,
        "--dialogues, --probes and --recog name files, which a sweep of the daemon does not "
        "touch: name them in [services], or sweep while the daemon does not run");
  }
  const auto stop = call.stops({});
  return call.daemon->between_steps(work, *stop);
}

Result<void> require_fence(const Setup& setup) {
  if (!setup.config.scan.allow.empty()) return {};
  return fail(
      ErrorKind::invalid,
      fmt::format("{}: [scan] allow is empty; name the prefixes that may be probed", setup.path));
}

std::vector<std::string> names_of(const Inventory& inventory) {
  std::vector<std::string> names;
  for (const auto& [name, node] : inventory.nodes) names.push_back(name);
  return names;
}

WallTime now_in_seconds() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

control::Act own_act(const Invocation& call) {
  return {.person = call.person, .now = now_in_seconds()};
}

}  // namespace lockstep
