// Slurm's states of nodes: a base state and any number of flags, of which its commands show all
// (JSON) or the most important (text). Source: sinfo(1), "NODE STATE CODES", and slurm.conf(5).

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/scheduler_state.h"

namespace lockstep {

struct SlurmState {
  SchedulerState state = SchedulerState::unknown;
  bool responding = true;

  friend bool operator==(const SlurmState&, const SlurmState&) = default;
};

/// Base state and flags in whatever order and case: {"IDLE", "DRAIN", "NOT_RESPONDING"}. Flags that
/// say nothing about scanning (CLOUD, DYNAMIC_NORM, PLANNED, ...), and those of versions to come,
/// are passed over; without a base state that is known the node is `unknown`.
SlurmState slurm_state(std::span<const std::string> words);

/// The state as sinfo's %T has it: "drained*", "idle~", "mixed-", "allocated+".
SlurmState slurm_state_of_text(std::string_view text);

}  // namespace lockstep
