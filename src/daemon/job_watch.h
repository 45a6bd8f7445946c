// What the job scheduler says of nodes, together with what prologs told since; and the leaving of
// nodes that a job takes while they are asked as idle ones.
//
// A prolog's word is newer than what the scheduler said before it. So a node that a prolog named
// stays busy until the scheduler was asked about that very node after it: a scheduler that is slow,
// or that told of other nodes alone, does not give it back.

#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/board.h"
#include "daemon/troubles.h"
#include "inventory/scheduler_cache.h"
#include "model/scheduler_state.h"

namespace lockstep {

/// For several threads at once. The scheduler is asked by one of them at a time, the others wait;
/// only schedules(), ask() and look() ask, and nothing else waits for a scheduler that hangs.
class JobWatch {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  /// Both outlive it.
  JobWatch(Board& board, Troubles& troubles) : board_(board), troubles_(troubles) {}

  /// From now on this one is asked; null: there is none.
  void renew(std::unique_ptr<SchedulerCache> scheduler);

  bool has_scheduler() const { return desk() != nullptr; }
  /// What a person calls it; empty: there is none.
  std::string name() const;
  /// Why the last round did not tell all; empty: it did.
  std::string trouble() const;

  /// What is known of `nodes`, one each and in their order, asking where a round is due. Empty
  /// where there is no scheduler.
  std::vector<NodeSchedule> schedules(const std::vector<std::string>& nodes);
  /// What was said last of all nodes, without asking; nothing while somebody asks.
  control::SchedulerStates last_states() const;
  /// How long until schedules() asks anew; none: there is no scheduler.
  std::optional<std::chrono::milliseconds> until_next_round() const;
  /// Asks where a round is due. Whether the last round told all.
  bool ask();

  /// Somebody asks `nodes` by hand in place of a step: those that no job holds are left when one is
  /// given them.
  void ask_by_hand(const std::vector<std::string>& nodes);
  /// A job was given these nodes. Returns how many are asked as idle ones and are left at once.
  /// Without a scheduler nobody is asked as idle, and it changes nothing.
  std::size_t take(const std::vector<std::string>& nodes, Steady now);
  /// Leaves those that are asked as idle ones and that the scheduler does not call so any more; to
  /// be called all the time. It asks the scheduler only where such nodes are asked, and a round is
  /// due.
  void look();

 private:
  /// A scheduler, and who may ask it.
  struct Desk {
    explicit Desk(std::unique_ptr<SchedulerCache> scheduler)
        : cache(std::move(scheduler)), name(cache->name()) {}

    std::mutex mutex;
    std::unique_ptr<SchedulerCache> cache;
    const std::string name;
  };

  std::shared_ptr<Desk> desk() const;
  void note(const std::shared_ptr<Desk>& desk, const std::optional<Error>& trouble);

  Board& board_;
  Troubles& troubles_;
  mutable std::mutex mutex_;  // of what follows; never held while a scheduler is asked
  std::shared_ptr<Desk> desk_;
  std::string trouble_;
  bool told_ = false;  // since it was made
};

}  // namespace lockstep
