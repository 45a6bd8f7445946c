// Listeners of jobs: ports that a job may open, and that should be closed once it is over.
//
// An open port of that kind, by what the job scheduler says of the node while the sweep asks it:
//
//   jobs hold the node, or one ends there   no finding; the listener is tied to these jobs
//   none does, and it is tied to a job      orphan-listener
//   none does, and it is tied to none       as any port that nobody expects
//   it is not known                         one informational finding for each address of the node
//
// A sweep and a scheduler see a node at different times: a job may end, or begin, between a look
// and the answer that tells of it. So a node counts as held in a sweep where any answer in its
// course says so, from the one before the first look to one that was asked for after the last; and
// as known only where all of them tell. An orphan has then been seen open while no job held the
// node, since the last time that it was asked lies between two answers that say so (decision 22).
//
// A tie ends when the port is proven closed, or passes to the jobs that hold the node then.

#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/port.h"
#include "model/job_listener.h"
#include "model/scheduler_state.h"

namespace lockstep {

/// Ports below are system services' whatever a rule says of jobs: no job may open one.
inline constexpr Port kFirstJobPort = 1024;

/// What the answers of a scheduler say of a node together.
struct NodeJobs {
  bool known = true;      ///< each of them tells
  bool held = false;      ///< one of them says that jobs hold it, or that one ends there
  bool stranger = false;  ///< the scheduler has no such node
  /// "88123 alice", ascending; may be empty though it is held: not every scheduler names jobs.
  std::vector<std::string> jobs;
  std::string state;  ///< in the latest answer, "idle"

  bool free() const { return known && !held; }
};

/// What the scheduler said in the course of a sweep.
class JobsSeen {
 public:
  /// One answer: of each node what is so at that time.
  void note(std::span<const NodeSchedule> answer);
  /// The scheduler was asked once more, and said nothing.
  void note_silence();
  /// A node that no answer is about is not known.
  const NodeJobs& of(std::string_view node) const;

 private:
  std::map<std::string, NodeJobs, std::less<>> nodes_;
};

/// "88123 alice", or "88123"; what is no plain word of the scheduler's is quoted.
std::string job_text(const SchedulerJob& job);

/// "job 88123 alice", "jobs 7 bob, 8 eve and 3 more", "a job".
std::string jobs_text(std::span<const std::string> jobs);

/// What a sweep knows of jobs.
struct JobFacts {
  PortSet ports;  ///< that jobs may open on every node which the scheduler has
  JobsSeen seen;
  std::vector<JobListener> tied;  ///< before this sweep; ascending, one a place
};

/// What becomes of the ties.
struct JobTies {
  std::vector<JobListener> tied;  ///< new, or otherwise than before
  std::vector<JobListener> gone;  ///< tied before, and closed since
};

/// Judges ports by JobFacts. Without them no port is a job's.
class JobPorts {
 public:
  enum class Verdict {
    no_job_port,
    permitted,  ///< jobs hold the node
    orphan,
    unexpected,  ///< no job holds the node, nor held it when the port was seen before
    not_known,
  };
  using Place = std::tuple<std::string_view, std::string_view, Protocol, Port>;

  /// `facts` are borrowed; null: there is no scheduler.
  explicit JobPorts(const JobFacts* facts);

  bool knows_jobs() const { return facts_ != nullptr; }
  /// `of_rules`: the ports that the profile of the node leaves to jobs.
  Verdict of(const Place& place, const PortSet& of_rules) const;
  /// Null where it is tied to none.
  const JobListener* tie(const Place& place) const;
  /// The places of a node on a network that are tied.
  std::vector<const JobListener*> ties(std::string_view node, std::string_view network,
                                       Protocol protocol) const;
  /// The tie of a listener that is permitted at `now`.
  JobListener tied(const Place& place, WallTime now) const;
  /// "left behind by job 88123 alice, seen first 2026-07-01 12:00Z"
  std::string orphan_text(const Place& place) const;

 private:
  const JobFacts* facts_;
  std::map<Place, const JobListener*> ties_;
};

}  // namespace lockstep
