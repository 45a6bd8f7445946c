// What sinfo and squeue print with formats of ours. All versions of Slurm know these formats, they
// take a list of nodes, and they are a twentieth of the JSON.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/scheduler_state.h"

namespace lockstep {

/// For sinfo -N: node, state, partition, features, time and reason. The reason, where "|" may
/// occur, is last; the time comes in seconds where SLURM_TIME_FORMAT is "%s".
inline constexpr const char* kSinfoFormat = "%N|%T|%R|%f|%H|%E";
/// For squeue: job, user, nodes.
inline constexpr const char* kSqueueFormat = "%A|%u|%N";

/// The lines of sinfo, one a node and partition. `invalid` with the line where it is none of that
/// format, but for lines that go on with a reason.
Result<std::vector<NodeSchedule>> parse_sinfo(std::string_view text);

/// A job and the nodes that it holds.
struct SlurmJob {
  SchedulerJob job;
  std::vector<std::string> nodes;
};

/// The lines of squeue. Jobs without nodes are left out.
Result<std::vector<SlurmJob>> parse_squeue(std::string_view text);

/// The nodes of a job, "n[1-2],login1": at most kMostNodesAJob. `left` is how many may yet be named
/// in the document and is lowered.
Result<std::vector<std::string>> slurm_node_list(std::string_view text, std::size_t& left);

/// No cluster is larger, and what all jobs of one answer name together is bounded too: a few bytes
/// can name a million nodes.
inline constexpr std::size_t kMostNodesAJob = 1 << 17;
inline constexpr std::size_t kMostJobNodes = 1'000'000;

/// Gives each node its jobs.
void attach_jobs(std::vector<NodeSchedule>& nodes, const std::vector<SlurmJob>& jobs);

}  // namespace lockstep
