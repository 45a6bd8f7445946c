// What the daemon is at, for whoever asks; and what it is told while it works.

#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collectors/leave_list.h"
#include "control/daemon_status.h"
#include "model/instance.h"
#include "model/scheduler_state.h"

namespace lockstep {

using control::InstanceStatus;

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
  const LeaveList& leave() const { return step_.leave; }
  /// A step begins, in which `idle` are asked since no job holds them.
  void begin_step(const std::set<std::string>& idle);
  /// What the step, or what somebody does by hand in its place, asks instead: `asked` are left when
  /// a job is given them, `idle` also where the scheduler alone says so.
  void ask_instead(const std::set<std::string>& asked, const std::set<std::string>& idle);
  void end_step();
  /// A round of an instance that measures begins, beside the step, and `asked` are left when a job
  /// is given them; those of them that are `idle` also where the scheduler alone says so. Returns
  /// its list, which lasts as long as this.
  const LeaveList& begin_round(const std::string& instance, const std::set<std::string>& asked,
                               const std::set<std::string>& idle);
  void end_round(const std::string& instance);
  /// Those of the step and of rounds that are asked as idle ones.
  std::vector<std::string> asked_as_idle() const;
  /// They are not idle any more, says the scheduler itself.
  void leave_now(const std::vector<std::string>& nodes);
  /// A job was given these nodes: those of the step that are asked as idle ones and those of rounds
  /// are left at once, and each counts as busy until the scheduler was asked about it after `now`.
  /// Returns how many are left.
  std::size_t take(const std::vector<std::string>& nodes, Steady now);
  /// What the scheduler said of a node that it was asked about at `asked`, corrected by what was
  /// taken since. None: it told nothing of the node, and what was taken stays so.
  void correct(NodeSchedule& said, std::optional<Steady> asked);

 private:
  /// Who is asked now, by a step or a round.
  struct Asking {
    LeaveList leave{};
    std::set<std::string> asked{};  // that are left when a job is given them
    std::set<std::string> idle{};   // also when the scheduler says so
  };

  void begin(Asking& asking, const std::set<std::string>& asked, const std::set<std::string>& idle);
  template <typename Visit>
  void for_each_asking(const Visit& visit);

  mutable std::mutex mutex_;
  std::map<std::string, InstanceStatus> statuses_;
  Asking step_;
  std::map<std::string, Asking> rounds_;  // by instance; their lists stay
  std::map<std::string, Steady> taken_;
};

}  // namespace lockstep
