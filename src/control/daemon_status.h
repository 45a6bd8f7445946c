// What a daemon says of itself.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collectors/collector.h"
#include "control/instance_use_cases.h"
#include "model/instance.h"
#include "model/scheduler_state.h"

namespace lockstep::control {

/// One instance, as the thread that runs it sees it.
struct InstanceStatus {
  std::optional<WallTime> next{};    ///< when it is looked whether somebody is due
  std::optional<InstanceRun> run{};  ///< the one that is going on
  std::string step{};                ///< "1-1024 of 512 nodes"; empty: between two
  std::optional<CollectProgress> progress{};
  std::string problem{};  ///< of the latest try; empty: it went well
  /// Of one that measures: the latest round.
  struct Round {
    WallTime at{};
    std::size_t nodes = 0;
    std::size_t covered = 0;
    std::size_t values = 0;
    std::size_t ports = 0;  ///< open ones that a plug-in reported
  };
  std::optional<Round> round{};
  std::size_t busy = 0;       ///< nodes that were due, and passed over for a job
  std::size_t withdrawn = 0;  ///< or since the scheduler says that they are not there
};

/// What the scheduler said last of the nodes.
struct SchedulerStates {
  std::map<SchedulerState, std::vector<std::string>> nodes{};
  std::optional<std::chrono::seconds>
      age{};  ///< of the oldest answer; none: it told nothing lately
};

/// What the thread that sweeps is asking.
struct Sweeping {
  std::string owner{};   ///< as in SweepInfo
  std::string engine{};  ///< "packet", where it was chosen; a part may be asked by another
  CollectProgress progress{};
  std::uint64_t probes = 0;  ///< of all passes so far
  bool services = false;     ///< `progress` is of services that are asked what they are
};

/// A sweep that somebody ordered, who does not wait for it.
struct OrderedSweep {
  enum class State : std::uint8_t { waiting, running, ended, failed };
  std::int64_t number = 0;  ///< from 1; begins anew with the daemon
  std::string nodes{};      ///< as they were ordered
  std::string ports{};      ///< empty: the configuration's
  bool services = false;
  std::string person{};
  WallTime ordered{};
  State state = State::waiting;
  std::optional<WallTime> ended{};
  std::string problem{};  ///< why it failed, or the last thing that it had to say
};

struct DaemonStatus {
  WallTime now{};
  WallTime since{};
  std::string host{};
  std::int64_t pid = 0;
  std::string config{};  ///< its file
  std::size_t nodes = 0;
  std::string scheduler{};          ///< "slurm"; empty: none
  std::string scheduler_trouble{};  ///< empty: it answers
  SchedulerStates scheduler_states{};
  std::optional<std::string> stop_order{};  ///< all sending is stopped: by whom and why
  std::string reload_problem{};  ///< why the latest change of the configuration does not hold
  std::vector<InstanceRow> instances{};
  std::map<std::string, InstanceStatus> statuses{};  ///< by instance; of those that run
  std::vector<std::string> troubles{};               ///< a line each
  std::vector<OrderedSweep> orders{};                ///< the latest, the newest first
};

}  // namespace lockstep::control
