// What a person, a script or a browser can ask of Lockstep. Each use case is one function over
// interfaces, so that the command line, the local socket and HTTP are only faces of it.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/alerts.h"
#include "analysis/fold.h"
#include "analysis/service_policy.h"
#include "base/result.h"
#include "collectors/collector.h"
#include "control/service_questions.h"
#include "model/node.h"
#include "model/scheduler_state.h"
#include "model/sweep_info.h"
#include "store/store.h"
#include "sweep/sweep.h"
#include "sweep/targets.h"

namespace lockstep::control {

/// What the use cases work with; all of it is borrowed.
struct SweepSetting {
  const Inventory& inventory;  ///< with the addresses that could be resolved
  /// Why a node has no address, by name.
  const std::map<std::string, std::string>& unresolved;
  const TargetPolicy& policy;
  Collector& collector;
  const PortSets& ports;  ///< what the collector asks
  const CollectControl& control;
  /// Asks services what they are; null: nobody does.
  Collector* services = nullptr;
};

/// Looks, and judges nothing: no profile, no store.
Result<SweepRecord> scan(const SweepSetting& setting, const std::vector<std::string>& nodes);

/// Findings of a sweep that share a cause and a state of dealing with them, as one row.
struct SweepRow {
  FindingRow finding;
  std::int64_t alert = 0;  ///< its id; 0: it is none (yet)
  AlertStatus status = AlertStatus::open;
  bool is_new = false;                  ///< raised or reopened by this very sweep
  WallTime first_seen{};                ///< the earliest of its nodes
  std::optional<WallTime> last_closed;  ///< the latest of its nodes
  std::string owner;
  std::optional<WallTime> until;
  /// What the scheduler says of the first few nodes, "node017 idle; node201 job 88123 alice";
  /// empty: there is none, or the row is not about ports.
  std::string held{};

  /// The row is no alert, but will be one if a second look confirms it.
  bool is_first_look() const {
    return status == AlertStatus::pending && finding.subject.kind == FindingKind::missing_port;
  }
};

/// A sweep, judged.
struct SweepReport {
  SweepInfo info;  ///< as the store has it; its state tells how it ended
  SweepRecord record;
  std::vector<SweepRow> rows;      ///< the gravest first
  std::vector<AlertRow> resolved;  ///< what this sweep proved to be over
  std::size_t nodes = 0;           ///< asked for
  std::size_t proven = 0;          ///< nodes whose every address was examined in full
  /// Why the store does not have it, so that its alerts have no ids; empty: it has.
  std::string not_kept;
  unsigned reasked = 0;           ///< how often the unexpected was asked again
  std::vector<std::string> busy;  ///< nodes whose services were left alone: a job may hold them
  bool services_asked =
      false;  ///< or would have been, had any been due; not while the store is away
  std::size_t keys_learned = 0;  ///< keys that were seen first, and are known from now on

  /// A finding that is more than a gap in what could be examined.
  bool deviates() const;
};

/// How a sweep is judged, and by whom.
struct SweepPolicy {
  SeverityPolicy severities;
  AlertPolicy alerts;
  unsigned reasks = 2;  ///< how often what is unexpected is asked again before it is a finding
  ServicePolicy services{};
  ServiceSchedule schedule{};
  /// Ports that jobs may open on each node that the scheduler has; see analysis/job_ports.h.
  PortSet job_ports{};
  std::string owner;     ///< this process (proc/identity.h)
  std::string host;      ///< this machine's name
  std::int64_t run = 0;  ///< of which pass of a plug-in instance it is a step; 0: of none
  /// Goes on where no class of the nodes has a profile: each is a gap, and what is seen is kept.
  bool without_profile = false;
};

struct SpooledSweep;  // control/spooled.h

/// What the outside world is to a sweep; handed in, so that tests have a world of their own.
struct SweepWorld {
  std::function<WallTime()> now;         ///< whole seconds
  std::function<void()> wait_for_reask;  ///< returns after a few seconds, or when asked to stop
  std::function<bool(const SweepInfo&)> is_alive;  ///< whether the process of a sweep still runs
  /// Whether whoever stopped this sweep wants it over, and not to go on later.
  std::function<bool()> given_up = [] { return false; };
  /// What the job scheduler says of these nodes, one each and in their order; empty: there is none,
  /// or none is asked, and every node counts as idle.
  std::function<std::vector<NodeSchedule>(const std::vector<std::string>&)> schedules{};
  /// Waits until the scheduler has been asked anew since this call; called only before an alert
  /// that rests on what it says. False where it did not answer, or we are asked to stop: then the
  /// alert is none yet. Empty: `schedules` always asks anew.
  std::function<bool()> wait_for_schedules{};
  /// Keeps what a sweep saw until the store, which is away, is back, and returns the alerts as they
  /// would be then. Empty: what cannot be given to the store is not kept.
  std::function<Result<std::vector<AlertRecord>>(const SpooledSweep& seen, const SweepFacts& facts,
                                                 const DecideAlerts& decide)>
      spool{};
};

/// Examines `nodes`, but for those that the policy excludes, compares them with the profiles of
/// their classes, raises and resolves alerts, and keeps it all in the store: at the end, and what
/// there is so far every few seconds. Errors: `invalid` where no class of the nodes has a profile
/// yet; `unavailable` where another sweep asks one of the nodes.
Result<SweepReport> sweep(const SweepSetting& setting, Store& store, std::vector<std::string> nodes,
                          const SweepPolicy& policy, const SweepWorld& world);

}  // namespace lockstep::control
