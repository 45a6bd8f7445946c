#include "app/measures.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

#include "app/daemon_plan.h"
#include "app/instances.h"
#include "app/session.h"
#include "app/value_collectors.h"
#include "control/spooled.h"
#include "control/value_use_cases.h"
#include "daemon/rounds.h"
#include "model/duration.h"
#include "proc/identity.h"
#include "sweep/targets.h"

namespace lockstep {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds kPoll(50);

}  // namespace

/// One instance: a round each interval, at times that do not drift.
class Measures::Loop {
 public:
  Loop(Instance instance, MeasureWorld& world)
      : instance_(std::move(instance)),
        world_(world),
        log_(instance_.name, own_identity()),
        thread_([this](const std::stop_token& token) { run(token); }) {}

  const Instance& instance() const { return instance_; }
  void run_now() { run_now_ = true; }
  /// Before the object goes: several may end side by side.
  void end() {
    ended_ = true;
    thread_.request_stop();
  }

 private:
  void run(const std::stop_token& token) {
    auto next = Steady::now();
    while (!token.stop_requested() && !world_.stop) {
      if (Steady::now() < next && !run_now_.exchange(false)) {
        std::this_thread::sleep_for(std::min<Steady::duration>(kPoll, next - Steady::now()));
        continue;
      }
      const auto begun = Steady::now();
      round();
      next += instance_.interval;
      note_late(begun, next);
      // What was missed is not made up for.
      while (next < Steady::now()) next += instance_.interval;
      show(next);
    }
    if (store_) std::ignore = log_.keep(*store_, true);
  }

  void round() {
    world_.board.update(instance_.name, [&](InstanceStatus& status) {
      status.step = "a round";
      status.next.reset();
    });
    RoundEnd end{.begun = now_in_seconds()};
    const auto done = measure(end);
    if (ended_ || world_.stop) return;
    const std::string problem = done ? "" : done.error().message();
    end.ended = now_in_seconds();
    end.problem = problem;
    log_.note(end);
    // Where the store is away, the next round tells it.
    if (store_) std::ignore = log_.keep(*store_);
    world_.board.update(instance_.name, [&](InstanceStatus& status) {
      status.step.clear();
      status.problem = problem;
    });
    if (problem.empty()) {
      world_.troubles.clear(FindingKind::collector_failed, instance_.name);
    } else {
      world_.troubles.raise(FindingKind::collector_failed, instance_.name, problem);
    }
  }

  /// Of a round, as long as it lasts: a node that a job is given meanwhile is left, unless nodes of
  /// jobs are asked like all others.
  class Asked {
   public:
    Asked(const Loop& loop, const std::vector<std::string>& nodes)
        : leave(begin(loop, nodes)), loop_(loop) {}
    ~Asked() { loop_.world_.board.end_round(loop_.instance_.name); }
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;

    const LeaveList& leave;

   private:
    static const LeaveList& begin(const Loop& loop, const std::vector<std::string>& nodes) {
      const std::set<std::string> all(nodes.begin(), nodes.end());
      const BusyNodes busy = loop.instance_.busy;
      return loop.world_.board.begin_round(
          loop.instance_.name, busy == BusyNodes::scan ? std::set<std::string>() : all,
          busy == BusyNodes::leave ? all : std::set<std::string>());
    }

    const Loop& loop_;
  };

  Result<void> measure(RoundEnd& end) {
    const auto [setup, inventory] = world_.now();
    const Config& config = setup->config;
    if (!collector_ || made_by_ != setup) {
      LOCKSTEP_TRY(collector_,
                   make_value_collector(instance_, config, *inventory, world_.keeper, looks_));
      made_by_ = setup;
    }
    if (!store_) store_ = world_.outage.store();
    LOCKSTEP_TRY(std::vector<std::string> nodes, nodes_of_instance(instance_, config, *inventory));
    if (instance_.busy == BusyNodes::leave) leave_busy(nodes);
    // Before the names are resolved: that takes its time.
    const Asked asked(*this, nodes);
    Inventory resolved = *inventory;
    const auto unresolved = resolve_inventory(config, resolved, nodes);
    LOCKSTEP_TRY(const TargetPolicy policy, make_policy(config, *inventory, {}));
    const TargetSelection selection = select_targets(resolved, nodes, unresolved, policy);
    CollectControl control;
    control.stop = &ended_or_stopped();
    control.leave = &asked.leave;
    const AlertPolicy alerts{.missing_after = config.analysis.missing_after};
    const auto report =
        control::measure(*collector_, selection.targets, *store_,
                         {.instance = instance_.name,
                          .inventory = *inventory,
                          .compares_by_default = compares_by_default(instance_),
                          .severities = config.analysis.severities,
                          .alerts = alerts,
                          .counts_for = 2 * instance_.interval,
                          .looks = instance_.collector == "exec" ? &looks_ : nullptr,
                          .schedules = asking(),
                          .wait_for_schedules = waiting(),
                          .job_ports = config.scheduler.job_ports,
                          .spool = spooling()},
                         control, now_in_seconds);
    if (!report) return std::unexpected(report.error());
    note(*report);
    end.nodes = report->nodes;
    end.covered = report->covered;
    end.probes = report->summary.probes_sent;
    if (report->summary.problem.empty()) {
      note_overdue(*report, nodes);
      return {};
    }
    return fail(ErrorKind::unavailable, report->summary.problem);
  }

  void note(const control::MeasureReport& report) {
    world_.board.update(instance_.name, [&](InstanceStatus& status) {
      status.round = InstanceStatus::Round{.at = now_in_seconds(),
                                           .nodes = report.nodes,
                                           .covered = report.covered,
                                           .values = report.values,
                                           .ports = report.ports};
    });
  }

  /// Who has not been measured for long, though the rounds went well.
  void note_overdue(const control::MeasureReport& report, const std::vector<std::string>& nodes) {
    const auto now = Steady::now();
    std::set<std::string> unmeasured;
    for (const Coverage& each : report.coverage) {
      if (!each.examined()) unmeasured.insert(each.node);
    }
    std::vector<std::string> overdue;
    for (const std::string& node : nodes) {
      Steady::time_point& latest = measured_.try_emplace(node, now).first->second;
      if (!unmeasured.contains(node)) latest = now;
      if (now - latest >= 2 * instance_.interval) overdue.push_back(node);
    }
    leave_expected(overdue);
    if (overdue.empty()) return world_.troubles.clear(FindingKind::scan_overdue, instance_.name);
    const std::string detail =
        fmt::format("not measured by {} for more than {}: {}", instance_.name,
                    to_text(2 * instance_.interval), why(report, overdue.front()));
    world_.troubles.raise(FindingKind::scan_overdue, instance_.name, detail, std::move(overdue));
  }

  static std::string why(const control::MeasureReport& report, const std::string& node) {
    for (const Coverage& each : report.coverage) {
      if (each.node != node || each.examined()) continue;
      return each.note.empty() ? std::string(to_string(each.gap)) : each.note;
    }
    return "no answer";
  }

  /// Whose silence the scheduler explains is nobody's alert.
  void leave_expected(std::vector<std::string>& nodes) const {
    if (nodes.empty()) return;
    const auto said = world_.schedules(nodes);
    std::vector<std::string> left;
    for (std::size_t i = 0; i < said.size(); ++i) {
      if (!silence_is_expected(said[i])) left.push_back(nodes[i]);
    }
    if (!said.empty()) nodes = std::move(left);
  }

  void leave_busy(std::vector<std::string>& nodes) const {
    const auto said = world_.schedules(nodes);
    if (said.empty()) return;
    std::vector<std::string> idle;
    for (std::size_t i = 0; i < said.size(); ++i) {
      if (counts_as_idle(said[i])) idle.push_back(nodes[i]);
    }
    nodes = std::move(idle);
  }

  std::function<std::vector<NodeSchedule>(const std::vector<std::string>&)> asking() const {
    if (!world_.has_scheduler()) return {};
    return world_.schedules;
  }

  decltype(control::MeasurePolicy::spool) spooling() const {
    return [this](const control::SpooledRound& seen, const ValueHarvest& harvest,
                  const DecideByValues& decide) {
      return world_.outage.keep_round(control::to_bytes(seen), harvest, decide);
    };
  }

  std::function<bool()> waiting() const {
    if (!world_.has_scheduler()) return {};
    return [this] { return world_.wait_for_schedules(ended_); };
  }

  const std::atomic<bool>& ended_or_stopped() const { return ended_; }

  void note_late(Steady::time_point begun, Steady::time_point next) {
    if (Steady::now() <= next) {
      return world_.troubles.clear(FindingKind::sweep_late, instance_.name);
    }
    const auto took = std::chrono::duration_cast<milliseconds>(Steady::now() - begun);
    world_.troubles.raise(FindingKind::sweep_late, instance_.name,
                          fmt::format("a round took {:.1f} s, longer than its interval",
                                      static_cast<double>(took.count()) / 1000));
  }

  void show(Steady::time_point next) {
    world_.board.update(instance_.name, [&](InstanceStatus& status) {
      status.next = now_in_seconds() + std::chrono::round<seconds>(next - Steady::now());
    });
  }

  Instance instance_;
  MeasureWorld& world_;
  std::map<std::string, Steady::time_point> measured_;  // latest; or the first round
  std::atomic<bool> run_now_{false};
  std::atomic<bool> ended_{false};
  std::shared_ptr<const Setup> made_by_;
  std::vector<ReportedLook> looks_;  // of the round that goes on
  std::unique_ptr<Collector> collector_;
  std::unique_ptr<Store> store_;
  RoundLog log_;
  std::jthread thread_;  // last: it starts when all else is there
};

Measures::Measures(MeasureWorld world) : world_(std::move(world)) {}

Measures::~Measures() {
  for (auto& [name, loop] : loops_) loop->end();
}

void Measures::take_up(const std::vector<Instance>& instances) {
  std::map<std::string, const Instance*> wanted;
  for (const Instance& instance : instances) {
    const bool measures = instance.collector == "exec" || instance.collector == "pcp";
    if (instance.enabled && measures) wanted[instance.name] = &instance;
  }
  const auto stays = [&](const auto& each) {
    const auto found = wanted.find(each.first);
    return found != wanted.end() && *found->second == each.second->instance();
  };
  for (auto& each : loops_) {
    if (!stays(each)) each.second->end();
  }
  for (auto each = loops_.begin(); each != loops_.end();) {
    if (stays(*each)) {
      ++each;
      continue;
    }
    const std::string name = each->first;
    each = loops_.erase(each);
    world_.board.forget(name);
    world_.troubles.clear(FindingKind::collector_failed, name);
    world_.troubles.clear(FindingKind::sweep_late, name);
    world_.troubles.clear(FindingKind::scan_overdue, name);
  }
  for (const auto& [name, instance] : wanted) {
    if (loops_.contains(name)) continue;
    loops_.emplace(name, std::make_unique<Loop>(*instance, world_));
  }
}

void Measures::run_now(const std::string& instance) {
  const auto found = loops_.find(instance);
  if (found != loops_.end()) found->second->run_now();
}

}  // namespace lockstep
