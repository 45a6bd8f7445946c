// Asks the Slurm of this host about nodes and prints what came of it:
//
//   scheduler_driver text|json TIME_MS NODE...
//
// One line a node, "NODE|STATE|responding or
// silent|JOB:USER,...|PARTITION,...|FEATURE,...|SINCE|REASON", and 1 with the error as the only
// line where the query failed.

#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "inventory/slurm/slurm_scheduler.h"

int main(int count, char** words) {
  if (count < 4) return 2;
  lockstep::SlurmOptions options;
  if (std::string(words[1]) == "json") options.format = lockstep::SlurmFormat::json;
  const std::vector<std::string> nodes(words + 3, words + count);
  const auto states = lockstep::make_slurm_scheduler(options)->query(
      nodes, std::chrono::milliseconds(std::atoi(words[2])));
  if (!states) {
    fmt::print("{}: {}\n", to_string(states.error().kind()), states.error().message());
    return 1;
  }
  for (const lockstep::NodeSchedule& node : *states) {
    std::vector<std::string> jobs;
    for (const auto& job : node.jobs) jobs.push_back(job.id + ":" + job.user);
    fmt::print("{}|{}|{}|{}|{}|{}|{}|{}\n", node.node, to_string(node.state),
               node.responding ? "responding" : "silent", fmt::join(jobs, ","),
               fmt::join(node.partitions, ","), fmt::join(node.features, ","),
               node.since.time_since_epoch().count(), node.reason);
  }
  return 0;
}
