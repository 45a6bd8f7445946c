// What commands and sweeps need of the daemon in which they run.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/compose.h"
#include "collectors/leave_list.h"
#include "control/daemon_status.h"
#include "model/scheduler_state.h"
#include "proc/stop_switch.h"
#include "sender/launcher.h"

namespace lockstep {

/// For several threads at once.
class DaemonLink {
 public:
  virtual ~DaemonLink() = default;

  // --- For commands that somebody gives. ---

  /// The configuration that holds, whatever its file says by now.
  virtual std::shared_ptr<const Setup> setup() const = 0;
  virtual std::shared_ptr<const Inventory> inventory() const = 0;
  virtual Result<control::DaemonStatus> status() = 0;
  /// Its threads do things, or wait: none hangs.
  virtual bool is_alive() const = 0;
  /// Reads the configuration again. Errors: it is bad, and changes nothing.
  virtual Result<void> reload(const std::string& person) = 0;
  /// A job was given these nodes, whose names the inventory may not have. Returns how many were
  /// being asked and are left.
  virtual std::size_t leave(const std::vector<std::string>& nodes, const std::string& job) = 0;
  /// Errors: `not_found`.
  virtual Result<void> run_now(const std::string& instance) = 0;
  /// The store has changes of instances.
  virtual void instances_changed() = 0;
  /// Runs `work` when no step of an instance asks anything, and nothing else meanwhile. Waits for
  /// its turn until `stop`. Errors: those of the work; `unavailable` when stopped before.
  virtual Result<int> between_steps(const std::function<Result<int>()>& work,
                                    const StopSource& stop) = 0;

  // --- For sweeps. ---

  virtual bool has_scheduler() const = 0;
  virtual std::vector<NodeSchedule> schedules(const std::vector<std::string>& nodes) = 0;
  /// Returns when schedules() tells what is so after this call; false where it does not answer, or
  /// when stopped.
  virtual bool wait_for_schedules(const std::atomic<bool>& stop) = 0;
  virtual const LeaveList* leave_list() const = 0;
  /// Work between two steps asks these nodes: from now on the list gets those of them that a job
  /// takes.
  virtual void ask_by_hand(const std::vector<std::string>& nodes) = 0;
  virtual sender::Launcher& launcher() = 0;
  /// How far the sweep at hand is, by which engine. From any thread.
  virtual void note_sweeping(const std::string& engine, const CollectProgress& progress) = 0;
  /// What is asked now; none: nothing, or nothing has been heard of it yet.
  virtual std::optional<control::Sweeping> sweeping() const = 0;
};

}  // namespace lockstep
