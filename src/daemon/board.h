// What the daemon is at, for whoever asks; and what it is told while it works.

#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collectors/collector.h"
#include "collectors/leave_list.h"
#include "model/instance.h"
#include "model/scheduler_state.h"

namespace lockstep {

/// One instance, as its thread sees it.
struct InstanceStatus {
  std::optional<WallTime> next;    ///< when it is looked whether somebody is due
  std::optional<InstanceRun> run;  ///< the one that is going on
  std::string step;                ///< "1-1024 of 512 nodes"
  std::optional<CollectProgress> progress;
  std::string problem;        ///< of the latest try; empty: it went well
  std::size_t busy = 0;       ///< nodes that were due, and passed over for a job
  std::size_t withdrawn = 0;  ///< or since the scheduler says that they are not there
};

/// For several threads at once.
class Board {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  // --- What it is at. ---

  void update(const std::string& instance, const std::function<void(InstanceStatus&)>& change);
  void forget(const std::string& instance);
  std::map<std::string, InstanceStatus> statuses() const;

  // --- Nodes that jobs take. ---

  /// The list of the step at hand (CollectControl::leave).
  const LeaveList& leave() const { return leave_; }
  /// A step begins, in which `idle` are asked since no job holds them.
  void begin_step(const std::set<std::string>& idle);
  void end_step();
  /// A job was given these nodes: those of the step that are asked as idle ones are left at once,
  /// and all count as busy until the scheduler was asked after `now`. Returns how many are left.
  std::size_t take(const std::vector<std::string>& nodes, Steady now);
  /// What the scheduler said of nodes that it was asked about at `asked`, corrected by what was
  /// taken since.
  void correct(std::vector<NodeSchedule>& said, Steady asked);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, InstanceStatus> statuses_;
  LeaveList leave_;
  std::set<std::string> idle_;
  std::map<std::string, Steady> taken_;
};

}  // namespace lockstep
