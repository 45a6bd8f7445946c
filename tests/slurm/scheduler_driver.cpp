// Asks the Slurm of this host about nodes and prints what came of it:
//
//   scheduler_driver text|json TIME_MS NODE...
//   scheduler_driver cached COUNT NODE...        the cache, asked so often, spread over 3 s
//
// One line a node, "NODE|STATE|responding or
// silent|JOB:USER,...|PARTITION,...|FEATURE,...|SINCE|REASON", and 1 with the error as the only
// line where the query failed.

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "inventory/scheduler_cache.h"
#include "inventory/slurm/slurm_scheduler.h"

namespace {

using lockstep::NodeSchedule;

void print(const std::vector<NodeSchedule>& states) {
  for (const NodeSchedule& node : states) {
    std::vector<std::string> jobs;
    for (const auto& job : node.jobs) jobs.push_back(job.id + ":" + job.user);
    fmt::print("{}|{}|{}|{}|{}|{}|{}|{}\n", node.node, to_string(node.state),
               node.responding ? "responding" : "silent", fmt::join(jobs, ","),
               fmt::join(node.partitions, ","), fmt::join(node.features, ","),
               node.since.time_since_epoch().count(), node.reason);
  }
}

int ask_cache(int times, const std::vector<std::string>& nodes) {
  lockstep::SchedulerCache cache(lockstep::make_slurm_scheduler(), nodes,
                                 std::chrono::steady_clock::now);
  std::vector<NodeSchedule> states;
  for (int i = 0; i < times; ++i) {
    states.clear();
    for (lockstep::KnownSchedule& each : cache.states(nodes)) {
      states.push_back(std::move(each.schedule));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(3000) / times);
  }
  print(states);
  return cache.trouble() ? 1 : 0;
}

}  // namespace

int main(int count, char** words) {
  if (count < 4) return 2;
  lockstep::SlurmOptions options;
  if (std::string(words[1]) == "json") options.format = lockstep::SlurmFormat::json;
  const std::vector<std::string> nodes(words + 3, words + count);
  if (std::string(words[1]) == "cached") return ask_cache(std::atoi(words[2]), nodes);
  const auto states = lockstep::make_slurm_scheduler(options)->query(
      nodes, std::chrono::milliseconds(std::atoi(words[2])));
  if (!states) {
    fmt::print("{}: {}\n", to_string(states.error().kind()), states.error().message());
    return 1;
  }
  print(*states);
  return 0;
}
