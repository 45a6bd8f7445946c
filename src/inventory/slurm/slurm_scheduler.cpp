#include "inventory/slurm/slurm_scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
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
    LOCKSTEP_TRY(std::vector<NodeSchedule> told, ask_nodes(time));
    if (!options_.jobs || !is_any_held(nodes, told)) return told;
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - SteadyClock::now());
    LOCKSTEP_TRY(const std::vector<SlurmJob> jobs, ask_jobs(left));
    attach_jobs(told, jobs);
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

  SlurmOptions options_;
};

}  // namespace

std::unique_ptr<Scheduler> make_slurm_scheduler(SlurmOptions options) {
  return std::make_unique<SlurmScheduler>(std::move(options));
}

}  // namespace lockstep
