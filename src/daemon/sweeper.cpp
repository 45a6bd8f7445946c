#include "daemon/sweeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "model/duration.h"

namespace lockstep {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// The longest that the sweeper sleeps: an instance may be changed meanwhile.
constexpr milliseconds kLongestWait(1000);
/// After a failure, so long until the next try, or the interval where that is shorter.
constexpr seconds kRetry(60);
/// Whoever has something to do gets a turn after so long, whatever is more urgent.
constexpr std::chrono::minutes kLongestTurnWait(5);
/// What has ended while the store was away is told to it when it may be back.
constexpr seconds kTellAgain(5);
constexpr std::size_t kMostUntold = 1000;
/// So many failures in a row are an alert: a sweep by hand may be in the way of one.
constexpr unsigned kFailuresTold = 2;

/// Instances begin a little apart, always in the same way.
milliseconds offset_of(const Instance& instance) {
  constexpr std::size_t kSteps = 1000;
  const std::size_t share = std::hash<std::string>()(instance.name) % kSteps;
  const auto span = std::min<milliseconds>(check_interval(instance), seconds(3));
  return span * share / kSteps;
}

DueRule rule_of(const Instance& instance, bool run_now) {
  DueRule rule = due_rule(instance);
  if (run_now) rule.interval = rule.slack = seconds(0);
  // Whoever holds a job is not asked what his services are.
  if (instance.collector == "services") rule.busy = BusyNodes::leave;
  return rule;
}

std::string describe(const SweepStep& step) {
  constexpr std::size_t kMost = 40;
  std::string ports = step.ports.to_string();
  if (ports.size() > kMost) ports = fmt::format("{} ports", with_thousands(step.ports.size()));
  return fmt::format("{} of {} nodes", ports, with_thousands(step.nodes.size()));
}

}  // namespace

Sweeper::Sweeper(Store& store, SweeperWorld world, Board& board, Troubles& troubles)
    : store_(store), world_(std::move(world)), board_(board), troubles_(troubles) {}

milliseconds Sweeper::turn(const std::vector<Instance>& instances, const std::atomic<bool>& stop) {
  take_up(instances);
  tell_ended();
  const Steady now = world_.steady();
  Course* const course = most_urgent(now);
  if (course == nullptr) {
    milliseconds wait = kLongestWait;
    for (const auto& [name, each] : courses_) {
      wait = std::min(wait, std::chrono::ceil<milliseconds>(each.next_check - now));
    }
    return std::max(wait, milliseconds(10));
  }
  if (course->instance.mode == InstanceMode::rotate) {
    rotate(*course, now, stop);
    return milliseconds(0);
  }
  if (!course->pass) begin(*course, now);
  if (course->pass) step(*course, stop);
  return milliseconds(0);
}

void Sweeper::run_now(const std::string& instance) {
  const auto found = courses_.find(instance);
  if (found == courses_.end()) return;
  found->second.run_now = true;
  found->second.next_check = world_.steady();
}

void Sweeper::give_up(SweepState state) {
  for (auto& [name, course] : courses_) {
    if (course.runs()) end(course, state);
  }
}

void Sweeper::take_up(const std::vector<Instance>& instances) {
  std::set<std::string> names;
  for (const Instance& instance : instances) {
    if (!instance.enabled) continue;
    names.insert(instance.name);
    const auto [found, is_new] = courses_.try_emplace(instance.name);
    Course& course = found->second;
    if (!is_new && course.instance == instance) continue;
    if (course.runs()) end(course, SweepState::interrupted);
    course.instance = instance;
    course.next_check = world_.steady() + (is_new ? offset_of(instance) : milliseconds(0));
  }
  for (auto each = courses_.begin(); each != courses_.end();) {
    if (names.contains(each->first)) {
      ++each;
      continue;
    }
    if (each->second.runs()) end(each->second, SweepState::interrupted);
    for (const FindingKind kind :
         {FindingKind::collector_failed, FindingKind::sweep_late, FindingKind::scan_overdue}) {
      troubles_.clear(kind, each->first);
    }
    board_.forget(each->first);
    each = courses_.erase(each);
  }
}

bool Sweeper::has_something(const Course& course, Steady now, std::chrono::minutes of_day) const {
  const auto& window = course.instance.window;
  if (window && !course.run_now && !window->contains(of_day)) return false;
  return course.pass || now >= course.next_check;
}

/// By priority, and the shorter interval first; but whoever has waited for too long goes before all
/// others: an instance that is never done must not take every turn. Equals take turns.
Sweeper::Course* Sweeper::most_urgent(Steady now) {
  const std::chrono::minutes of_day = world_.time_of_day();
  const auto rank = [now](const Course& course) {
    const auto waited = now - *course.waits_since;
    const bool too_long = waited > kLongestTurnWait;
    // Turns of those that rotate have their time.
    const bool has_time = course.instance.mode != InstanceMode::rotate;
    return std::tuple(too_long ? -waited : Steady::duration(0), -course.instance.priority, has_time,
                      course.instance.interval, *course.waits_since);
  };
  Course* best = nullptr;
  for (auto& [name, course] : courses_) {
    if (!has_something(course, now, of_day)) {
      course.waits_since.reset();
      continue;
    }
    if (!course.waits_since) course.waits_since = now;
    if (best == nullptr || rank(course) < rank(*best)) best = &course;
  }
  if (best != nullptr) best->waits_since = now;
  return best;
}

void Sweeper::begin(Course& course, Steady now) {
  course.next_check = now + check_interval(course.instance);
  const auto plan = world_.plan(course.instance, store_);
  if (!plan) return fail(course, plan.error());
  note_known(course, plan->nodes, now);
  note_overdue(course, *plan);
  std::size_t most_ports = 0;
  for (const PortSets& block : plan->blocks) most_ports = std::max(most_ports, block.size());
  const WallTime wall = world_.now();
  const DueRule rule = rule_of(course.instance, course.run_now);
  const auto history = [&](const std::string& node, std::size_t block) {
    LastLook last = plan->history(node, block);
    last.known = known_since(course, node);
    return last;
  };
  Pass pass(plan->blocks, plan->nodes, history, rule, wall, most_nodes(most_ports, plan->rate));
  course.run_now = false;
  if (pass.empty()) return show(course, "");
  course.run = {.instance = course.instance.name,
                .started = wall,
                .ended = wall,
                .owner = world_.owner,
                .nodes = pass.nodes(),
                .steps = pass.steps_left()};
  course.begun = now;
  course.told_late = false;
  course.outstanding = pass.outstanding();
  course.pass = std::move(pass);
}

/// Steps are short where turns wait for their end.
std::size_t Sweeper::most_nodes(std::size_t ports, PacketsPerSecond rate) const {
  constexpr double kUsual = 60;  // seconds
  double share = 1;
  for (const auto& [name, course] : courses_) {
    if (course.turn.count() == 0) continue;
    share = std::min(share, (1 - kAskingShare) * static_cast<double>(course.turn.count()) / kUsual);
  }
  const auto most = static_cast<double>(nodes_a_step(ports, rate));
  return std::max<std::size_t>(1, static_cast<std::size_t>(most * share));
}

void Sweeper::step(Course& course, const std::atomic<bool>& stop) {
  const auto step = course.pass->next(world_.schedules);
  if (!step) return end(course, SweepState::finished);
  // Not before: where a job holds each node that is due, there is no run.
  if (course.run.id == 0) {
    const auto id = store_.begin_run(course.run);
    if (!id) return fail(course, id.error());
    course.run.id = *id;
  }
  show(course, describe(*step));
  board_.begin_step(step->idle);
  const auto report = world_.step({course.instance, *step, course.run.id, stop}, store_);
  board_.end_step();
  if (!report) return fail(course, report.error());
  course.failures = 0;
  count(course, *step, *report);
  if (stop) return;  // give_up() ends the run
  if (!report->record.summary.problem.empty() || !report->not_kept.empty()) {
    const std::string& problem =
        report->not_kept.empty() ? report->record.summary.problem : report->not_kept;
    return fail(course, Error(ErrorKind::unavailable, problem));
  }
  troubles_.clear(FindingKind::collector_failed, course.instance.name);
  note_late(course, world_.steady());
  if (course.pass->empty()) return end(course, SweepState::finished);
  const auto kept = store_.save_run(course.run);
  if (!kept) return fail(course, kept.error());
  show(course, "");
}

void Sweeper::count(Course& course, const SweepStep& step, const control::SweepReport& report) {
  ++course.run.steps_done;
  course.run.steps = course.run.steps_done + course.pass->steps_left();
  count_proven(course, step, report);
}

void Sweeper::count_proven(Course& course, const SweepStep& step,
                           const control::SweepReport& report) {
  course.run.probes += report.record.summary.probes_sent;
  course.run.ended = world_.now();
  std::set<std::string> unproven;
  for (const Coverage& coverage : report.record.coverage) {
    if (!coverage.examined()) unproven.insert(coverage.node);
  }
  for (const std::string& node : step.nodes) {
    const auto found = course.outstanding.find(node);
    if (found == course.outstanding.end() || unproven.contains(node)) continue;
    if (found->second > 0 && --found->second == 0) ++course.run.proven;
  }
}

void Sweeper::note_late(Course& course, Steady now) {
  if (course.told_late || now - course.begun <= course.instance.interval) return;
  course.told_late = true;
  troubles_.raise(FindingKind::sweep_late, course.instance.name,
                  fmt::format("a run takes longer than its interval of {}; raise the interval, the "
                              "rate, or ask fewer ports",
                              to_text(course.instance.interval)));
}

/// What was never examined counts from here on: only we can tell since when it should have been.
void Sweeper::note_known(Course& course, const std::vector<std::string>& nodes, Steady now) {
  std::map<std::string, Steady> known;
  for (const std::string& node : nodes) {
    const auto found = course.known.find(node);
    known.emplace(node, found == course.known.end() ? now : found->second);
  }
  course.known = std::move(known);
}

/// By the time that goes by, so that a clock that is set makes nobody overdue.
WallTime Sweeper::known_since(const Course& course, const std::string& node) const {
  const auto age = world_.steady() - course.known.at(node);
  return world_.now() - std::chrono::floor<seconds>(age);
}

/// Nodes that were not even tried for twice as long as the longest that they should be left alone.
/// Whoever does not answer has an alert of his own, and whoever is off, says the scheduler, is
/// fine.
void Sweeper::note_overdue(const Course& course, const SweepPlan& plan) {
  const auto limit = 2 * std::max(course.instance.overdue_after(), course.instance.interval);
  const WallTime now = world_.now();
  std::vector<std::string> overdue;
  for (const std::string& node : plan.nodes) {
    for (std::size_t block = 0; block < plan.blocks.size(); ++block) {
      const auto attempted = plan.history(node, block).attempted;
      if (now - attempted.value_or(known_since(course, node)) < limit) continue;
      overdue.push_back(node);
      break;
    }
  }
  tell_overdue(course, limit, std::move(overdue));
}

void Sweeper::tell_overdue(const Course& course, std::chrono::seconds limit,
                           std::vector<std::string> overdue) {
  if (!overdue.empty() && world_.schedules) {
    const std::vector<NodeSchedule> said = world_.schedules(overdue);
    std::set<std::string> off;
    for (const NodeSchedule& each : said) {
      if (is_withdrawn(each)) off.insert(each.node);
    }
    std::erase_if(overdue, [&](const std::string& node) { return off.contains(node); });
  }
  if (overdue.empty()) return troubles_.clear(FindingKind::scan_overdue, course.instance.name);
  troubles_.raise(
      FindingKind::scan_overdue, course.instance.name,
      fmt::format("not asked by {} for more than {}", course.instance.name, to_text(limit)),
      std::move(overdue));
}

void Sweeper::fail(Course& course, const Error& error) {
  ++course.failures;
  course.run.problem = error.message();
  if (course.runs()) end(course, SweepState::failed);
  course.next_check = world_.steady() + std::min<milliseconds>(kRetry, course.instance.interval);
  board_.update(course.instance.name, [&](InstanceStatus& status) {
    status.problem = error.message();
    status.next = world_.now() + std::chrono::round<seconds>(course.next_check - world_.steady());
  });
  if (course.failures < kFailuresTold) return;
  troubles_.raise(FindingKind::collector_failed, course.instance.name, error.message());
}

void Sweeper::note_passed_over(const Course& course, const PassedOver& passed_over) {
  board_.update(course.instance.name, [&](InstanceStatus& status) {
    status.busy = passed_over.busy.size();
    status.withdrawn = passed_over.withdrawn.size();
  });
}

void Sweeper::end(Course& course, SweepState state) {
  if (state == SweepState::finished && !course.told_late) {
    troubles_.clear(FindingKind::sweep_late, course.instance.name);
  }
  course.run.state = state;
  course.run.ended = world_.now();
  if (course.pass) note_passed_over(course, course.pass->passed_over());
  course.pass.reset();
  course.rounds = false;
  course.outstanding.clear();
  if (course.run.id != 0 && !store_.save_run(course.run) && untold_.size() < kMostUntold) {
    untold_.push_back(course.run);
    next_telling_ = world_.steady() + kTellAgain;
  }
  course.run.problem.clear();
  show(course, "");
}

void Sweeper::tell_ended() {
  if (untold_.empty() || world_.steady() < next_telling_) return;
  next_telling_ = world_.steady() + kTellAgain;
  while (!untold_.empty() && store_.save_run(untold_.back())) untold_.pop_back();
}

void Sweeper::show(const Course& course, const std::string& step) {
  board_.update(course.instance.name, [&](InstanceStatus& status) {
    status.step = step;
    status.progress.reset();
    status.run = course.runs() ? std::optional(course.run) : std::nullopt;
    status.next = world_.now() + std::chrono::round<seconds>(course.next_check - world_.steady());
    if (course.failures == 0) status.problem.clear();
  });
}

}  // namespace lockstep
