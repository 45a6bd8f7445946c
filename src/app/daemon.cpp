#include "app/daemon.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "app/console.h"
#include "app/instances.h"
#include "app/session.h"
#include "app/stop_order.h"
#include "base/text.h"
#include "cli/options.h"
#include "control/shared_sweep.h"
#include "control/use_cases.h"
#include "proc/identity.h"
#include "proc/stop_watch.h"

namespace lockstep {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

/// A thread that has shown no sign of life for so long hangs.
constexpr minutes kHangs(5);
/// How far the time of day may run apart from the time that goes by before it was set.
constexpr seconds kClockStep(60);
/// So long an alert about it stands.
constexpr minutes kStepShown(60);
constexpr seconds kStoreRetry(5);
constexpr milliseconds kJobPoll(500);

bool is_alive_owner(const std::string& owner) {
  return liveness_of(owner) != Liveness::dead;
}

minutes own_time_of_day() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  return std::chrono::hours(local.tm_hour) + minutes(local.tm_min);
}

/// What takes a restart.
Result<void> check_fixed(const Config& now, const Config& next) {
  const char* changed = nullptr;
  if (now.store.url != next.store.url) changed = "[store] url";
  if (now.serve.socket != next.serve.socket) changed = "[serve] socket";
  if (now.serve.group != next.serve.group) changed = "[serve] group";
  if (now.http != next.http) changed = "[http]";
  if (now.store.spool_mib != next.store.spool_mib) changed = "[store] spool_mib";
  if (state_dir(now) != state_dir(next)) changed = "[scan] state_dir";
  if (changed == nullptr) return {};
  return fail(ErrorKind::invalid,
              fmt::format("{} has changed, which takes a restart of the daemon", changed));
}

/// Where a step of an instance says what it has to say: the log.
class StepConsole final : public Console {
 public:
  StepConsole(Board& board, std::string instance) : board_(board), instance_(std::move(instance)) {}
  Result<void> print(std::string_view /*text*/) override { return {}; }
  void warn(std::string_view text) override {
    lockstep::warn(fmt::format("{}: {}", instance_, text));
  }
  void progress(const CollectProgress& progress) override {
    board_.update(instance_, [&](InstanceStatus& status) { status.progress = progress; });
  }
  Result<void> open_report(const std::string& /*path*/) override { return {}; }
  Result<void> write_report(std::string_view /*text*/) override { return {}; }

 private:
  Board& board_;
  std::string instance_;
};

}  // namespace

Daemon::Daemon(std::string config, Setup setup, Inventory inventory, sender::Launcher& launcher,
               plugin_host::Keeper& keeper)
    : config_(std::move(config)),
      launcher_(launcher),
      keeper_(keeper),
      since_(now_in_seconds()),
      world_(std::make_shared<World>(
          World{std::make_shared<const Setup>(std::move(setup)), std::move(inventory)})),
      outage_({.open = [this] { return make_store(this->setup()->config); },
               .now = now_in_seconds,
               .tell = [](const std::string& line) { warn(line); }}),
      wall_seen_(std::chrono::system_clock::now()),
      steady_seen_(Steady::now()) {
  alive_ = Steady::now().time_since_epoch().count();
  renew_scheduler(*world_, nullptr);
}

Daemon::~Daemon() {
  stop();
}

void Daemon::start() {
  open_spool();
  MeasureWorld measuring{
      .now =
          [this] {
            const auto now = world();
            return std::pair(now->setup, std::shared_ptr<const Inventory>(now, &now->inventory));
          },
      .stop = stop_,
      .board = board_,
      .troubles = troubles_,
      .keeper = keeper_,
      .outage = outage_,
      .has_scheduler = {},
      .schedules = {},
      .wait_for_schedules = {}};
  // Asked each time anew: the configuration may get a scheduler, or lose it.
  measuring.has_scheduler = [this] { return has_scheduler(); };
  measuring.schedules = [this](const std::vector<std::string>& nodes) { return schedules(nodes); };
  measuring.wait_for_schedules = [this](const std::atomic<bool>& stop) {
    return wait_for_schedules(stop);
  };
  notifications_ = std::make_unique<Notifications>(
      Notifications::World{.now = measuring.now,
                           .troubles = troubles_,
                           .is_alive = [this] { return is_alive(); },
                           .outage = [this] { return outage_.latest(); },
                           .found_while_away = [this] { return found_while_away(); }});
  measures_ = std::make_unique<Measures>(std::move(measuring));
  sweeper_ = std::jthread([this](const std::stop_token& token) { sweep(token); });
  watcher_ = std::jthread([this](const std::stop_token& token) { watch_jobs(token); });
}

void Daemon::stop() {
  stop_ = true;
  changed_.notify_all();
  notifications_.reset();
  sweeper_ = {};
  watcher_ = {};
  measures_.reset();
}

bool Daemon::is_alive() const {
  const auto age = Steady::now() - Steady::time_point(Steady::duration(alive_.load()));
  // A step, or a command, takes as long as it takes.
  const auto statuses = board_.statuses();
  const bool steps =
      std::ranges::any_of(statuses, [](const auto& each) { return !each.second.step.empty(); });
  return steps || age < kHangs;
}

void Daemon::look_around() {
  const auto wall = std::chrono::system_clock::now();
  const auto steady = Steady::now();
  const auto apart = (wall - wall_seen_) - (steady - steady_seen_);
  if (std::chrono::abs(apart) > kClockStep) {
    stepped_ = steady;
    troubles_.raise(FindingKind::clock_stepped, "clock",
                    fmt::format("the time of day was set {} by {} s; times of what was seen before "
                                "are as they were told then",
                                apart.count() > 0 ? "forward" : "back",
                                std::chrono::round<seconds>(std::chrono::abs(apart)).count()));
  } else if (stepped_ != Steady::time_point() && steady - stepped_ > kStepShown) {
    stepped_ = {};
    troubles_.clear(FindingKind::clock_stepped, "clock");
  }
  wall_seen_ = wall;
  steady_seen_ = steady;
}

std::shared_ptr<const Daemon::World> Daemon::world() const {
  const std::scoped_lock lock(mutex_);
  return world_;
}

std::shared_ptr<const Inventory> Daemon::inventory() const {
  const auto now = world();
  return {now, &now->inventory};
}

std::shared_ptr<const Setup> Daemon::setup() const {
  return world()->setup;
}

/// A scheduler of which nothing has changed is not asked sooner for it.
void Daemon::renew_scheduler(const World& world, const World* before) {
  const SchedulerConfig& config = world.setup->config.scheduler;
  const std::vector<std::string> nodes = names_of(world.inventory);
  if (before != nullptr) {
    const SchedulerConfig& held = before->setup->config.scheduler;
    const bool same = config.kind == held.kind && config.interval == held.interval;
    if (same && nodes == names_of(before->inventory)) return;
  }
  jobs_.renew(make_scheduler(config, nodes, &stop_));
}

Result<void> Daemon::reload(const std::string& person) {
  const auto read = [&]() -> Result<std::shared_ptr<const World>> {
    LOCKSTEP_TRY(Setup setup, load_setup(config_));
    LOCKSTEP_CHECK(require_file(setup));
    LOCKSTEP_CHECK(require_fence(setup));
    LOCKSTEP_TRY(Inventory inventory, load_inventory(setup.config));
    LOCKSTEP_CHECK(make_policy(setup.config, inventory, {}));
    LOCKSTEP_CHECK(check_fixed(this->setup()->config, setup.config));
    return std::make_shared<const World>(
        World{std::make_shared<const Setup>(std::move(setup)), std::move(inventory)});
  }();
  if (!read) {
    const std::scoped_lock lock(mutex_);
    reload_problem_ = read.error().message();
    return std::unexpected(read.error());
  }
  renew_scheduler(**read, world().get());
  {
    const std::scoped_lock lock(mutex_);
    world_ = *read;
    reload_problem_.clear();
    instances_changed_ = true;
  }
  changed_.notify_all();
  if (auto store = make_store((*read)->setup->config)) {
    std::ignore = (*store)->add_audit({.at = now_in_seconds(),
                                       .person = person,
                                       .action = "reload",
                                       .subject = (*read)->setup->path});
  }
  return {};
}

Result<control::DaemonStatus> Daemon::status() {
  const auto now = world();
  control::DaemonStatus status{.now = now_in_seconds(),
                               .since = since_,
                               .host = own_host_name(),
                               .pid = ::getpid(),
                               .config = now->setup->path,
                               .nodes = now->inventory.nodes.size(),
                               .scheduler = jobs_.name(),
                               .scheduler_trouble = jobs_.trouble(),
                               .scheduler_states = jobs_.last_states(),
                               .stop_order = read_stop_order(now->setup->config),
                               .statuses = board_.statuses(),
                               .troubles = troubles_.lines()};
  {
    const std::scoped_lock lock(mutex_);
    status.reload_problem = reload_problem_;
  }
  const std::vector<std::string> away = outage_.lines();
  status.troubles.insert(status.troubles.begin(), away.begin(), away.end());
  const std::unique_ptr<Store> store = outage_.store();
  LOCKSTEP_TRY(status.instances,
               control::list_instances(*store, now->setup->config.serve.instances));
  note_promises(status.instances, now->setup->config, now->inventory);
  return status;
}

std::size_t Daemon::leave(const std::vector<std::string>& nodes, const std::string& /*job*/) {
  const auto now = world();
  std::vector<std::string> ours = nodes;
  std::erase_if(ours, [&](const auto& name) { return !now->inventory.nodes.contains(name); });
  return jobs_.take(ours, Steady::now());
}

Result<void> Daemon::run_now(const std::string& instance) {
  const auto now = world();
  const std::unique_ptr<Store> store = outage_.store();
  LOCKSTEP_TRY(const auto rows,
               control::list_instances(*store, now->setup->config.serve.instances));
  const auto found = std::ranges::find_if(
      rows, [&](const control::InstanceRow& row) { return row.instance.name == instance; });
  if (found == rows.end()) {
    return fail(ErrorKind::not_found, fmt::format("there is no instance {}; see lockstep instance "
                                                  "list",
                                                  lockstep::quoted(instance)));
  }
  if (!found->instance.enabled) {
    return fail(ErrorKind::invalid,
                fmt::format("{} is disabled; enable it: lockstep instance set {} enabled=yes",
                            instance, instance));
  }
  const std::scoped_lock lock(mutex_);
  run_now_.push_back(instance);
  changed_.notify_all();
  return {};
}

void Daemon::instances_changed() {
  const std::scoped_lock lock(mutex_);
  instances_changed_ = true;
  changed_.notify_all();
}

Result<int> Daemon::between_steps(const std::function<Result<int>()>& work,
                                  const StopSource& stop) {
  Work own{.run = &work, .stop = &stop};
  std::unique_lock lock(mutex_);
  works_.push_back(&own);
  changed_.notify_all();
  while (!own.result) {
    changed_.wait_for(lock, milliseconds(50));
    if (own.taken || (!stop.stop() && !stop_)) continue;
    std::erase(works_, &own);
    return fail(ErrorKind::unavailable, "stopped before it began");
  }
  return std::move(*own.result);
}

void Daemon::note_sweeping(const std::string& engine, const CollectProgress& progress) {
  const std::scoped_lock lock(mutex_);
  if (!sweeping_) sweeping_ = control::Sweeping{.owner = own_identity(), .engine = engine};
  // Who asks services knows no passes, and counts no probes.
  sweeping_->services = progress.pass == 0;
  if (!sweeping_->services) {
    const CollectProgress& before = sweeping_->progress;
    const bool goes_on = progress.pass == before.pass && progress.done >= before.done;
    sweeping_->probes += goes_on ? progress.done - before.done : progress.done;
  }
  sweeping_->progress = progress;
}

std::optional<control::Sweeping> Daemon::sweeping() const {
  const std::scoped_lock lock(mutex_);
  return sweeping_;
}

void Daemon::forget_sweeping() {
  const std::scoped_lock lock(mutex_);
  sweeping_.reset();
}

/// Works that people wait for go before the next step.
void Daemon::do_work() {
  while (true) {
    Work* work = nullptr;
    {
      const std::scoped_lock lock(mutex_);
      if (works_.empty()) return;
      work = works_.front();
      works_.pop_front();
      work->taken = true;
    }
    board_.begin_step({});
    Result<int> result = fail(ErrorKind::unavailable, "it did not end");
    try {
      result = (*work->run)();
    } catch (const std::exception& error) {
      // Who waits for it is told; no memory, most likely.
      result = fail(ErrorKind::unavailable, error.what());
    }
    board_.end_step();
    forget_sweeping();
    const std::scoped_lock lock(mutex_);
    work->result = std::move(result);
    changed_.notify_all();
  }
}

bool Daemon::has_scheduler() const {
  return jobs_.has_scheduler();
}

std::vector<NodeSchedule> Daemon::schedules(const std::vector<std::string>& nodes) {
  return jobs_.schedules(nodes);
}

bool Daemon::wait_for_schedules(const std::atomic<bool>& stop) {
  const auto left = jobs_.until_next_round();
  if (!left) return false;
  const auto end = Steady::now() + *left;
  while (!stop && Steady::now() < end) std::this_thread::sleep_for(milliseconds(20));
  return !stop && jobs_.ask();
}

/// A job may begin on a node while it is asked. Without a prolog's word the scheduler tells so when
/// it is asked next, and the node is left then.
void Daemon::watch_jobs(const std::stop_token& token) {
  while (!token.stop_requested() && !stop_) {
    std::this_thread::sleep_for(kJobPoll);
    jobs_.look();
  }
}

void Daemon::wait(milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [&] {
    return stop_ || instances_changed_ || !works_.empty() || !run_now_.empty();
  });
}

bool Daemon::take_up(Store& store) {
  {
    const std::scoped_lock lock(mutex_);
    if (!instances_changed_) return true;
    instances_changed_ = false;
  }
  const auto rows = control::list_instances(store, world()->setup->config.serve.instances);
  if (!rows) {
    warn("reading instances: " + rows.error().message());
    const std::scoped_lock lock(mutex_);
    instances_changed_ = true;
    return false;
  }
  std::vector<Instance> all;
  for (const control::InstanceRow& row : *rows) all.push_back(row.instance);
  measures_->take_up(all);
  std::erase_if(all, [](const Instance& instance) {
    return instance.collector != "ports" && instance.collector != "services";
  });
  instances_ = std::move(all);
  return true;
}

SweeperWorld Daemon::sweeper_world() {
  SweeperWorld sweeping{
      .steady = Steady::now,
      .now = now_in_seconds,
      .time_of_day = own_time_of_day,
      .plan =
          [this](const Instance& instance, Store& store) {
            const auto now = world();
            return plan_instance(instance, now->setup->config, now->inventory, rounds_, store);
          },
      .step = [this](const StepOrder& order, Store& store) { return step(order, store); },
      .rotation =
          [this](const Instance& instance, Store& store) {
            const auto now = world();
            return plan_rotation_of(instance, now->setup->config, now->inventory, store);
          },
      .turn = [this](const TurnOrder& order, Store& store) { return turn(order, store); },
      .schedules = {},
      .owner = own_identity()};
  // Asked each time anew: the configuration may get one, or lose it.
  sweeping.schedules = [this](const std::vector<std::string>& nodes) { return schedules(nodes); };
  return sweeping;
}

Result<control::SweepReport> Daemon::step(const StepOrder& order, Store& store) {
  const auto now = world();
  const Config& config = now->setup->config;
  LOCKSTEP_CHECK(require_no_stop_order(config));
  StepConsole console(board_, order.instance.name);
  Invocation call{.config = config_,
                  .person = "",
                  .console = console,
                  .stops = [&](const std::string& file) -> std::unique_ptr<StopSource> {
                    return std::make_unique<StopWatch>(file, order.stop, nullptr);
                  },
                  .daemon = this};
  Session session(config, now->inventory, call);
  const PortSets& ports = order.step.ports;
  cli::PortOptions options{.ports = "none",
                           .udp_ports = "none",
                           .engine = {},
                           .interface = {},
                           .rate = order.instance.rate,
                           .node_rate = order.instance.node_rate};
  if (!ports.of(Protocol::tcp).empty()) options.ports = ports.of(Protocol::tcp).to_string();
  if (!ports.of(Protocol::udp).empty()) options.udp_ports = ports.of(Protocol::udp).to_string();
  LOCKSTEP_CHECK(session.prepare_sweep(options, order.step.nodes));
  const bool asks = order.instance.collector == "services";
  cli::ServiceOptions services;
  services.due = services.all = asks;
  if (asks) LOCKSTEP_CHECK(session.start_services(services));
  control::SweepPolicy policy = session.policy();
  policy.run = order.run;
  // The plan has seen to it that some class has one; a step may be of others.
  policy.without_profile = true;
  LOCKSTEP_TRY(
      control::SweepReport report,
      control::sweep(session.setting(), store, order.step.nodes, policy, world_of(session)));
  if (asks && report.services_asked && !report.record.summary.interrupted) {
    std::vector<std::string> asked = order.step.nodes;
    std::erase_if(asked, [&](const std::string& node) {
      return std::ranges::find(report.busy, node) != report.busy.end();
    });
    rounds_.note(order.instance.name, asked, now_in_seconds());
  }
  return report;
}

Result<std::vector<control::SweepReport>> Daemon::turn(const TurnOrder& order, Store& store) {
  const auto now = world();
  const Config& config = now->setup->config;
  StepConsole console(board_, order.instance.name);
  Invocation call{.config = config_,
                  .person = "",
                  .console = console,
                  .stops = [&](const std::string& file) -> std::unique_ptr<StopSource> {
                    return std::make_unique<StopWatch>(file, order.stop, nullptr);
                  },
                  .daemon = this};
  Session session(config, now->inventory, call);
  LOCKSTEP_TRY(const PortSets all, ports_of_instance(order.instance, config));
  std::vector<control::SweepShare> shares;
  std::vector<std::string> nodes;
  for (const SweepStep& step : order.steps) {
    shares.push_back({.ports = step.ports, .nodes = step.nodes});
    nodes.insert(nodes.end(), step.nodes.begin(), step.nodes.end());
  }
  LOCKSTEP_CHECK(session.prepare_sweep({.ports = all.of(Protocol::tcp).to_string(),
                                        .udp_ports = "none",
                                        .engine = {},
                                        .interface = {},
                                        .rate = order.instance.rate,
                                        .node_rate = order.instance.node_rate},
                                       nodes));
  control::SweepPolicy policy = session.policy();
  policy.run = order.run;
  // As for a step.
  policy.without_profile = true;
  return control::sweep_shares(session.setting(), store, shares, policy, world_of(session));
}

void Daemon::sweep(const std::stop_token& token) {
  const std::unique_ptr<Store> store = outage_.store();
  prime(*store);
  std::ignore = store->note_lost_runs(is_alive_owner);
  Sweeper sweeper(*store, sweeper_world(), board_, troubles_);
  while (!token.stop_requested() && !stop_) {
    alive_ = Steady::now().time_since_epoch().count();
    const auto now = world();
    come_back(*store);
    if (!take_up(*store)) {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kStoreRetry, [&] { return stop_.load() || !works_.empty(); });
    }
    do_work();
    std::vector<std::string> wanted;
    {
      const std::scoped_lock lock(mutex_);
      wanted.swap(run_now_);
    }
    const milliseconds idle = sweeper.turn(instances_, stop_);
    forget_sweeping();
    for (const std::string& name : wanted) {
      sweeper.run_now(name);
      measures_->run_now(name);
    }
    bool kept = true;
    if (!outage_.away()) {
      const auto done = troubles_.keep(*store, now->setup->config.analysis.severities,
                                       {.missing_after = now->setup->config.analysis.missing_after},
                                       now->inventory, now_in_seconds());
      kept = done.has_value() || outage_.away();
      if (!kept) warn("keeping alerts: " + done.error().message());
    }
    if (wanted.empty() && idle.count() > 0)
      wait(kept ? idle : std::max<milliseconds>(idle, kStoreRetry));
  }
  sweeper.give_up(SweepState::interrupted);
}

}  // namespace lockstep
