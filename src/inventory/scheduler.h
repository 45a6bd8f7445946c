// A job scheduler, asked what it makes of nodes. Each kind of scheduler is a folder of its own.

#pragma once

#include <atomic>
#include <chrono>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/scheduler_state.h"

namespace lockstep {

/// The most nodes of one query: what fits on a command line and in an answer at once. But see
/// Scheduler::tells_all().
inline constexpr std::size_t kMostNodesAQuery = 512;

/// Not for several threads at once.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// What a person calls it: "slurm".
  const std::string& name() const { return name_; }
  /// Whether it tells of all nodes whatever it is asked, so that one query may name any number.
  bool tells_all() const { return tells_all_; }

  /// Once it is set, queries end at once, with an error. Outlives this.
  void heed(const std::atomic<bool>* stop) { stop_ = stop; }

  /// The states of `nodes` now, one each and in their order, within `time` or not at all. A node
  /// that the scheduler does not name, or of which it says two things, is `unknown` with a reason;
  /// what it says of other nodes is dropped. Texts are cut to sane lengths. `invalid` for more than
  /// kMostNodesAQuery nodes, or one whose name no command should see. Errors begin with name().
  Result<std::vector<NodeSchedule>> query(std::span<const std::string> nodes,
                                          std::chrono::milliseconds time);

 protected:
  explicit Scheduler(std::string name, bool tells_all = false)
      : name_(std::move(name)), tells_all_(tells_all) {}

  const std::atomic<bool>* stop() const { return stop_; }

 private:
  /// What the scheduler says, as it says it, of at least these nodes (each a name that is safe on a
  /// command line). A node may come several times, with partitions and jobs of its own each time.
  virtual Result<std::vector<NodeSchedule>> do_query(std::span<const std::string> nodes,
                                                     std::chrono::milliseconds time) = 0;

  std::string name_;
  bool tells_all_;
  const std::atomic<bool>* stop_ = nullptr;
};

}  // namespace lockstep
