#include "inventory/slurm/slurm_scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "inventory/slurm/slurm_environment.h"
#include "inventory/slurm/slurm_json.h"
#include "inventory/slurm/slurm_text.h"
#include "proc/command.h"

namespace lockstep {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

/// Whether a job may hold a node of this state.
bool may_be_held(const NodeSchedule& node) {
  switch (node.state) {
    case SchedulerState::mixed:
    case SchedulerState::allocated:
    case SchedulerState::completing:
    case SchedulerState::draining:
    case SchedulerState::maintenance:
    case SchedulerState::rebooting:
    case SchedulerState::powering: return true;
    default: return false;
  }
}

/// Whether a job may hold any of `nodes`.
bool is_any_held(std::span<const std::string> nodes, const std::vector<NodeSchedule>& told) {
  const std::set<std::string_view> asked(nodes.begin(), nodes.end());
  return std::ranges::any_of(told, [&](const NodeSchedule& node) {
    return may_be_held(node) && asked.contains(node.node);
  });
}

using Names = std::set<std::string, std::less<>>;

/// Those that a job holds for certain; of those in maintenance, say, one may.
Names held_of(const std::vector<NodeSchedule>& nodes) {
  Names held;
  for (const NodeSchedule& node : nodes) {
    if (is_held(node)) held.insert(node.node);
  }
  return held;
}

/// Whether `jobs` tell whose most of `held` are.
bool tell_most(const std::vector<SlurmJob>& jobs, const Names& held) {
  Names told;
  for (const SlurmJob& job : jobs) {
    for (const std::string& node : job.nodes) {
      if (held.contains(node)) told.insert(node);
    }
  }
  return 2 * told.size() >= held.size();
}

template <typename T>
Result<T> said_by(const std::string& command, Result<T> parsed) {
  if (parsed) return parsed;
  return std::unexpected(parsed.error().within(
      fmt::format("the answer of \"{}\" (is it Slurm's? run it by hand to see)", command)));
}

class SlurmScheduler : public Scheduler {
 public:
  explicit SlurmScheduler(SlurmOptions options)
      : Scheduler("slurm", true), options_(std::move(options)) {}

 private:
  Result<std::vector<NodeSchedule>> do_query(std::span<const std::string> nodes,
                                             milliseconds time) override {
    const auto deadline = SteadyClock::now() + time;
    const auto left = [&] {
      return std::chrono::duration_cast<milliseconds>(deadline - SteadyClock::now());
    };
    const auto now = options_.clock();
    const bool old = !asked_ || now - *asked_ >= kOld;
    if (std::exchange(jobs_are_next_, false) && !old) {
      LOCKSTEP_TRY(jobs_, ask_jobs(time));
      asked_ = now;
      jobs_are_new_ = true;
      return with_new_jobs();
    }
    Names held = held_of(nodes_);
    LOCKSTEP_TRY(nodes_, ask_nodes(time));
    asked_ = now;
    if (std::exchange(jobs_are_new_, false)) {
      // Of those that were held before and after. What has lost its job meanwhile is none of them.
      const Names still = held_of(nodes_);
      std::erase_if(held, [&](const std::string& node) { return !still.contains(node); });
      note_hidden(held);
    }
    if (!options_.jobs || !is_any_held(nodes, nodes_)) return nodes_;
    if (old || (hidden_for_ > 0 && --hidden_for_ == 0)) {
      LOCKSTEP_TRY(jobs_, ask_jobs(left()));
      note_hidden(held_of(nodes_));
    } else if (hidden_for_ == 0) {
      jobs_are_next_ = true;
    }
    return with_known_jobs();
  }

  /// Where squeue says nothing of most nodes that are held (PrivateData), it says nothing of jobs
  /// that begin either: then sinfo is asked alone for a while.
  void note_hidden(const Names& held) {
    hidden_for_ = tell_most(jobs_, held) ? 0 : kHiddenFor;
    if (hidden_for_ > 0) jobs_.clear();
  }

  /// A node that is held has the jobs that it had; for a free one they are over.
  std::vector<NodeSchedule> with_known_jobs() const {
    std::vector<NodeSchedule> told = nodes_;
    attach_jobs(told, jobs_);
    for (NodeSchedule& node : told) {
      if (!may_be_held(node)) node.jobs.clear();
    }
    return told;
  }

  /// A node that a job got since is held by it. One that has lost its jobs stays as sinfo said.
  std::vector<NodeSchedule> with_new_jobs() const {
    std::vector<NodeSchedule> told = nodes_;
    attach_jobs(told, jobs_);
    for (NodeSchedule& node : told) {
      if (node.state == SchedulerState::idle && !node.jobs.empty()) {
        node.state = SchedulerState::allocated;
      }
    }
    return told;
  }

  /// With --nodes the controller tells of all nodes too, and sinfo leaves out the others.
  Result<std::vector<NodeSchedule>> ask_nodes(milliseconds time) const {
    std::vector<std::string> words{options_.sinfo, "--all"};
    const bool json = options_.format == SlurmFormat::json;
    if (json) {
      words.push_back("--json");
    } else {
      words.insert(words.end(), {"--Node", "--noheader", "-o", kSinfoFormat});
    }
    LOCKSTEP_TRY(const std::string text, run(words, time));
    return said_by(options_.sinfo, json ? parse_slurm_nodes_json(text) : parse_sinfo(text));
  }

  /// With --nodelist the controller tells of all jobs too, and is asked about all nodes once more.
  Result<std::vector<SlurmJob>> ask_jobs(milliseconds time) const {
    std::vector<std::string> words{options_.squeue, "--all"};
    const bool json = options_.format == SlurmFormat::json;
    if (json) {
      words.push_back("--json");
    } else {
      words.insert(words.end(),
                   {"--noheader", "--states=running,suspended,completing,configuring,stopped", "-o",
                    kSqueueFormat});
    }
    LOCKSTEP_TRY(const std::string text, run(words, time));
    return said_by(options_.squeue, json ? parse_slurm_jobs_json(text) : parse_squeue(text));
  }

  Result<std::string> run(const std::vector<std::string>& words, milliseconds time) const {
    return run_command({words, "/", slurm_environment(), words[0]},
                       {time, options_.answer_bytes, stop()});
  }

  static constexpr unsigned kHiddenFor = 20;  // queries
  static constexpr std::chrono::seconds kOld{60};

  SlurmOptions options_;
  std::vector<NodeSchedule> nodes_;  // as sinfo said last, without jobs
  std::vector<SlurmJob> jobs_;       // as squeue said last
  bool jobs_are_next_ = false;
  std::optional<SteadyClock::time_point> asked_;  // either
  bool jobs_are_new_ = false;                     // squeue was asked after sinfo
  unsigned hidden_for_ = 0;
};

}  // namespace

std::unique_ptr<Scheduler> make_slurm_scheduler(SlurmOptions options) {
  return std::make_unique<SlurmScheduler>(std::move(options));
}

}  // namespace lockstep
