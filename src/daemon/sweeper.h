// Runs the instances that ask ports or services, one step of one instance at a time: what is
// urgent goes between two steps of what takes long, and a node is never asked by two at once.
//
// Due-ness goes by node and block of ports (sweep/due.h), not by the clock on the wall: so nothing
// piles up. A run that is still going when its first nodes are due again is told, and the next one
// takes them up.

#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/use_cases.h"
#include "daemon/board.h"
#include "daemon/troubles.h"
#include "model/instance.h"
#include "store/store.h"
#include "sweep/pass.h"
#include "sweep/rotation_turn.h"

namespace lockstep {

/// What an instance would ask, and when it was asked before.
struct SweepPlan {
  std::vector<PortSets> blocks;
  std::vector<std::string> nodes;
  Pass::History history;
  PacketsPerSecond rate{1};  ///< that it may take
};

/// What a step is told.
struct StepOrder {
  const Instance& instance;
  const SweepStep& step;
  std::int64_t run;
  const std::atomic<bool>& stop;
};

/// What a turn of an instance that rotates is told.
struct TurnOrder {
  const Instance& instance;
  const std::vector<SweepStep>& steps;  ///< all at once
  std::int64_t run;
  const std::atomic<bool>& stop;
};

/// What the sweeper works with; handed in, so that tests have a world of their own.
struct SweeperWorld {
  std::function<std::chrono::steady_clock::time_point()> steady;
  std::function<WallTime()> now;                      ///< whole seconds
  std::function<std::chrono::minutes()> time_of_day;  ///< of the machine's own time
  std::function<Result<SweepPlan>(const Instance&, Store&)> plan;
  std::function<Result<control::SweepReport>(const StepOrder&, Store&)> step;
  /// Of instances that rotate, in place of `plan` and `step`; one report for each step of a turn.
  std::function<Result<RotationPlan>(const Instance&, Store&)> rotation{};
  std::function<Result<std::vector<control::SweepReport>>(const TurnOrder&, Store&)> turn{};
  Pass::Schedules schedules{};  ///< see Pass
  std::string owner;            ///< this process
};

/// One thread at a time; the board and the troubles are shared.
class Sweeper {
 public:
  /// All of it outlives the sweeper.
  Sweeper(Store& store, SweeperWorld world, Board& board, Troubles& troubles);

  /// Does one thing that is due, if any: begins a run, or does a step of one. `instances` are those
  /// that there are now; what is gone or changed is given up. Returns how long nothing is due, 0
  /// where there may be more.
  std::chrono::milliseconds turn(const std::vector<Instance>& instances,
                                 const std::atomic<bool>& stop);

  /// All nodes of an instance are due from now on, whenever they were asked.
  void run_now(const std::string& instance);
  /// Ends the runs that are going on: the process ends.
  void give_up(SweepState state);

 private:
  using Steady = std::chrono::steady_clock::time_point;

  struct Course {
    Instance instance;
    Steady next_check{};
    bool run_now = false;
    std::optional<Pass> pass;
    InstanceRun run;
    Steady begun{};
    std::optional<Steady> waits_since;  // with something to do; none: it has nothing
    bool told_late = false;
    unsigned failures = 0;
    std::map<std::string, std::size_t> outstanding;  // blocks of a node that are not examined yet
    std::map<std::string, Steady> known;  // its nodes, and since when it could have asked each
    bool rounds = false;  // it rotates: `run` is the round at hand, in which each node is due
    std::chrono::seconds turn{0};  // of one that rotates, once it is known

    bool runs() const { return pass.has_value() || rounds; }
  };

  void take_up(const std::vector<Instance>& instances);
  Course* most_urgent(Steady now);
  bool has_something(const Course& course, Steady now, std::chrono::minutes of_day) const;
  void begin(Course& course, Steady now);
  void step(Course& course, const std::atomic<bool>& stop);
  // Of those that rotate (sweeper_rotation.cpp).
  void rotate(Course& course, Steady now, const std::atomic<bool>& stop);
  Result<void> begin_round(Course& course, const RotationPlan& plan);
  void do_turn(Course& course, const std::vector<SweepStep>& steps, const std::atomic<bool>& stop);
  void note_late_turn(Course& course, Steady now, std::chrono::nanoseconds waited);
  void note_overdue(const Course& course, const RotationPlan& plan);

  std::size_t most_nodes(std::size_t ports, PacketsPerSecond rate) const;
  void count(Course& course, const SweepStep& step, const control::SweepReport& report);
  void count_proven(Course& course, const SweepStep& step, const control::SweepReport& report);
  void note_late(Course& course, Steady now);
  void note_known(Course& course, const std::vector<std::string>& nodes, Steady now);
  WallTime known_since(const Course& course, const std::string& node) const;
  void note_overdue(const Course& course, const SweepPlan& plan);
  void tell_overdue(const Course& course, std::chrono::seconds limit,
                    std::vector<std::string> overdue);
  void fail(Course& course, const Error& error);
  void note_passed_over(const Course& course, const PassedOver& passed_over);
  void end(Course& course, SweepState state);
  void tell_ended();
  void show(const Course& course, const std::string& step);

  Store& store_;
  SweeperWorld world_;
  Board& board_;
  Troubles& troubles_;
  std::map<std::string, Course> courses_;
  std::vector<InstanceRun> untold_;  // have ended, and the store does not know it
  Steady next_telling_{};
};

}  // namespace lockstep
