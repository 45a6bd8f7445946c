// What sweeps and rounds saw while the store was away, whole enough to be judged anew when it is
// back: by the profiles, the alerts and the keys that it has by then. Nothing that was decided
// meanwhile is kept, but what a decision needs (decision 38).

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/port.h"
#include "base/result.h"
#include "control/use_cases.h"
#include "control/value_use_cases.h"
#include "model/node.h"
#include "model/reported_port.h"
#include "model/scheduler_state.h"
#include "model/value.h"
#include "profiles/service_text.h"
#include "store/store.h"
#include "sweep/sweep.h"

namespace lockstep::control {

/// What the scheduler said, each time that it was asked; an empty answer: nothing.
using SchedulerAnswers = std::vector<std::vector<NodeSchedule>>;

struct SpooledSweep {
  std::int64_t sweep =
      0;  ///< its id in the store; not greater than 0: it began while that was away
  std::int64_t run = 0;
  WallTime started{};
  WallTime ended{};
  std::vector<std::string> nodes{};
  PortSets ports{};
  std::string owner{};
  std::string host{};
  SweepRecord record{};
  std::vector<PortObservation> transient{};
  std::map<std::string, std::string> excused{};
  bool has_scheduler = false;
  SchedulerAnswers answers{};
  bool asked_services = false;
  TellableServices tellable{};
};

struct SpooledRound {
  std::string instance{};
  WallTime ended{};
  bool compares_by_default = true;
  std::chrono::seconds counts_for{};
  std::vector<Coverage> coverage{};  ///< one for each target
  std::vector<ValueObservation> values{};
  std::vector<PortObservation> ports{};
  bool says_ports = false;
  std::vector<ReportedLook> looks{};
  bool has_scheduler = false;
  SchedulerAnswers answers{};
};

using Spooled = std::variant<SpooledSweep, SpooledRound>;

/// Bytes for a spool, and back. Errors: `corrupt`, also for what another version wrote.
std::string to_bytes(const SpooledSweep& sweep);
std::string to_bytes(const SpooledRound& round);
Result<Spooled> read_spooled(std::string_view bytes);

/// Keeps a sweep that was spooled as if it ended now, but for its times, and `mark` with it.
/// `is_alive` as in SweepWorld. What the store has already, since it lost its answer to us and not
/// what we told it, is not kept twice. Errors: those of the store.
Result<void> replay_sweep(const SpooledSweep& sweep, const Inventory& inventory, Store& store,
                          const SweepPolicy& policy,
                          const std::function<bool(const SweepInfo&)>& is_alive,
                          const SpoolMark& mark);

/// The same of a round; of `policy` what the round does not say itself.
Result<void> replay_round(const SpooledRound& round, Store& store, const MeasurePolicy& policy,
                          const SpoolMark& mark);

}  // namespace lockstep::control
