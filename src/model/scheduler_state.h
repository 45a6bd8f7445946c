// What a job scheduler says of a node: whether a job holds it, and what its silence means.

#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lockstep {

/// In the words of Slurm, where it has one; the readers of other schedulers translate. Where a node
/// is several of them at once, the one that says most about scanning it.
enum class SchedulerState {
  unknown,       ///< the scheduler does not know the node, or was not heard of for too long
  idle,          ///< no job; one may start at any moment
  mixed,         ///< jobs hold a part of it
  allocated,     ///< jobs hold all of it
  completing,    ///< a job ends, or its epilog runs
  draining,      ///< jobs hold it, and no further one will
  drained,       ///< no job, and none will start until a person says so
  reserved,      ///< no job; kept free for some
  maintenance,   ///< a person works on it, or is about to
  rebooting,     ///< about to restart, or restarting
  powering,      ///< between off and on, whichever way
  powered_down,  ///< off, to save power
  down,          ///< the scheduler gave it up
  future,        ///< defined, and not there yet
};

std::string_view to_string(SchedulerState state);
/// `invalid`, with the word that was meant, for what to_string() does not give.
Result<SchedulerState> parse_scheduler_state(std::string_view text);

struct SchedulerJob {
  std::string id;    ///< as the scheduler writes it: "88123", "88123.server"
  std::string user;  ///< empty: not told

  friend auto operator<=>(const SchedulerJob&, const SchedulerJob&) = default;
};

/// One node as the scheduler sees it. All text is the scheduler's or its users': quoted() before
/// a person sees it.
struct NodeSchedule {
  std::string node;
  SchedulerState state = SchedulerState::unknown;
  /// False: the scheduler does not reach its daemon on the node, whatever the state.
  bool responding = true;
  std::vector<SchedulerJob> jobs;       ///< those that hold it; ascending
  std::vector<std::string> partitions;  ///< or queues; ascending
  std::vector<std::string> features;    ///< ascending
  std::string reason;                   ///< why it is as it is; empty: not told
  /// Since when `reason` holds; 0: not told.
  std::chrono::sys_seconds since{};
  /// The scheduler was asked, and has no such node: `unknown`, and no job can ever hold it.
  bool stranger = false;

  friend bool operator==(const NodeSchedule&, const NodeSchedule&) = default;
};

/// Whether no job holds the node, begins or ends there: only then it is scanned as an idle one, and
/// its services may be asked. Reserved, drained and down nodes are such (they are scanned if they
/// can be reached; an intruder likes them). Never for `unknown`.
bool counts_as_idle(const NodeSchedule& schedule);

/// Whether jobs hold the node, or one ends there (its epilog is part of it). Never for `unknown`.
bool is_held(const NodeSchedule& schedule);

/// Whether the scheduler gives a reason why the node may not answer: then its silence is told, and
/// is no alert.
bool silence_is_expected(const NodeSchedule& schedule);

}  // namespace lockstep
