// The sweeper's instances that rotate: a turn at a time (sweep/rotation.h).

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "daemon/sweeper.h"
#include "model/duration.h"

namespace lockstep {
namespace {

using std::chrono::seconds;

std::string describe(const std::vector<SweepStep>& steps) {
  std::size_t nodes = 0;
  std::size_t ports = 0;
  for (const SweepStep& step : steps) {
    nodes += step.nodes.size();
    ports = std::max(ports, step.ports.size());
  }
  return fmt::format("{} ports of each of {} nodes", with_thousands(ports), with_thousands(nodes));
}

}  // namespace

void Sweeper::rotate(Course& course, Steady now, const std::atomic<bool>& stop) {
  const auto plan = world_.rotation(course.instance, store_);
  if (!plan) return fail(course, plan.error());
  course.turn = plan->rotation.turn;
  course.run_now = false;
  const auto waited = now - course.next_check;
  course.next_check += course.turn;
  // A turn that was lost is lost.
  if (course.next_check <= now) course.next_check = now + course.turn;
  std::vector<std::string> nodes;
  for (const auto& group : plan->groups) nodes.insert(nodes.end(), group.begin(), group.end());
  note_known(course, nodes, now);
  note_overdue(course, *plan);
  RotationPlan known = *plan;
  known.history = [&](const std::string& node, std::size_t blocks, std::size_t block) {
    LastLook last = plan->history(node, blocks, block);
    last.known = known_since(course, node);
    return last;
  };
  const RotationTurn turn =
      next_turn(known, due_rule(course.instance), world_.schedules, world_.now());
  note_passed_over(course, turn.passed_over);
  if (turn.steps.empty()) return show(course, "");
  if (!course.rounds) {
    if (const auto begun = begin_round(course, *plan); !begun) return fail(course, begun.error());
  }
  do_turn(course, turn.steps, stop);
  if (course.rounds && !stop) note_late_turn(course, now, waited);
}

/// A round is a run: when it is over, each node should have been asked everything.
Result<void> Sweeper::begin_round(Course& course, const RotationPlan& plan) {
  const WallTime wall = world_.now();
  course.outstanding.clear();
  for (std::size_t i = 0; i < plan.groups.size(); ++i) {
    for (const std::string& node : plan.groups[i]) {
      course.outstanding[node] = plan.rotation.groups[i].blocks;
    }
  }
  course.run = {.instance = course.instance.name,
                .started = wall,
                .ended = wall,
                .owner = world_.owner,
                .nodes = course.outstanding.size(),
                .steps = static_cast<std::uint64_t>(plan.rotation.on_each() / plan.rotation.turn)};
  LOCKSTEP_TRY(course.run.id, store_.begin_run(course.run));
  course.rounds = true;
  return {};
}

void Sweeper::do_turn(Course& course, const std::vector<SweepStep>& steps,
                      const std::atomic<bool>& stop) {
  show(course, describe(steps));
  std::set<std::string> idle;
  for (const SweepStep& step : steps) idle.insert(step.idle.begin(), step.idle.end());
  board_.begin_step(idle);
  const auto reports = world_.turn({course.instance, steps, course.run.id, stop}, store_);
  board_.end_step();
  if (!reports) return fail(course, reports.error());
  course.failures = 0;
  ++course.run.steps_done;
  std::string problem;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const control::SweepReport& report = (*reports)[i];
    count_proven(course, steps[i], report);
    if (problem.empty()) problem = report.not_kept;
    if (problem.empty()) problem = report.record.summary.problem;
  }
  if (stop) return;  // give_up() ends the run
  if (!problem.empty()) return fail(course, Error(ErrorKind::unavailable, problem));
  troubles_.clear(FindingKind::collector_failed, course.instance.name);
  if (course.run.steps_done >= course.run.steps) return end(course, SweepState::finished);
  if (const auto kept = store_.save_run(course.run); !kept) return fail(course, kept.error());
  show(course, "");
}

/// While a turn takes longer than it should, or waits for others, the promise does not hold.
void Sweeper::note_late_turn(Course& course, Steady now, std::chrono::nanoseconds waited) {
  const auto took = world_.steady() - now;
  course.told_late = took > course.turn || waited > course.turn;
  if (!course.told_late) return troubles_.clear(FindingKind::sweep_late, course.instance.name);
  const bool slow = took > course.turn;
  const auto time = std::chrono::ceil<seconds>(slow ? took : waited);
  troubles_.raise(
      FindingKind::sweep_late, course.instance.name,
      fmt::format("a turn {} {}, longer than the {} that it should; {}",
                  slow ? "took" : "waited for", to_text(time), to_text(course.turn),
                  slow ? "raise the interval, the rate or turn, or ask fewer ports"
                       : "other instances take its time: lower their priority or their rate"));
}

void Sweeper::note_overdue(const Course& course, const RotationPlan& plan) {
  const auto limit = 2 * std::max({course.instance.overdue_after(), course.instance.interval,
                                   plan.rotation.on_each()});
  const WallTime now = world_.now();
  std::vector<std::string> overdue;
  for (std::size_t i = 0; i < plan.groups.size(); ++i) {
    const std::size_t blocks = plan.rotation.groups[i].blocks;
    for (const std::string& node : plan.groups[i]) {
      for (std::size_t block = 0; block < blocks; ++block) {
        const auto attempted = plan.history(node, blocks, block).attempted;
        if (now - attempted.value_or(known_since(course, node)) < limit) continue;
        overdue.push_back(node);
        break;
      }
    }
  }
  tell_overdue(course, limit, std::move(overdue));
}

}  // namespace lockstep
