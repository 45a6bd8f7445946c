#include "inventory/slurm/slurm_scheduler.h"

#include <fmt/format.h>

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

/// Those of `nodes` that jobs may hold: Slurm knows them, and nothing that it made up is among
/// them.
std::vector<std::string> held_among(std::span<const std::string> nodes,
                                    const std::vector<NodeSchedule>& told) {
  std::set<std::string_view> held;
  for (const NodeSchedule& node : told) {
    if (may_be_held(node)) held.insert(node.node);
  }
  std::vector<std::string> result;
  for (const std::string& node : nodes) {
    if (held.contains(node)) result.push_back(node);
  }
  return result;
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
      : Scheduler("slurm"), options_(std::move(options)) {}

 private:
  Result<std::vector<NodeSchedule>> do_query(std::span<const std::string> nodes,
                                             milliseconds time) override {
    const auto deadline = SteadyClock::now() + time;
    LOCKSTEP_TRY(std::vector<NodeSchedule> told, ask_nodes(nodes, time));
    const std::vector<std::string> held = held_among(nodes, told);
    if (!options_.jobs || held.empty()) return told;
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - SteadyClock::now());
    LOCKSTEP_TRY(const std::vector<SlurmJob> jobs, ask_jobs(held, left));
    attach_jobs(told, jobs);
    return told;
  }

  Result<std::vector<NodeSchedule>> ask_nodes(std::span<const std::string> nodes,
                                              milliseconds time) const {
    std::vector<std::string> words{options_.sinfo, "--all",
                                   fmt::format("--nodes={}", fmt::join(nodes, ","))};
    const bool json = options_.format == SlurmFormat::json;
    if (json) {
      words.push_back("--json");
    } else {
      words.insert(words.end(), {"--Node", "--noheader", "-o", kSinfoFormat});
    }
    LOCKSTEP_TRY(const std::string text, run(words, time));
    return said_by(options_.sinfo, json ? parse_slurm_nodes_json(text) : parse_sinfo(text));
  }

  /// Only about nodes that Slurm itself named: squeue fails for any other.
  Result<std::vector<SlurmJob>> ask_jobs(const std::vector<std::string>& nodes,
                                         milliseconds time) const {
    std::vector<std::string> words{options_.squeue, "--all"};
    const bool json = options_.format == SlurmFormat::json;
    if (json) {
      words.push_back("--json");
    } else {
      words.insert(words.end(), {fmt::format("--nodelist={}", fmt::join(nodes, ",")), "--noheader",
                                 "--states=running,suspended,completing,configuring,stopped", "-o",
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
