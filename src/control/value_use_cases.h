// Values and ports: what plug-ins say of nodes is kept, compared within the class, and made alerts.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/alerts.h"
#include "analysis/severity.h"
#include "base/result.h"
#include "collectors/collector.h"
#include "model/node.h"
#include "model/reported_port.h"
#include "model/scheduler_state.h"
#include "model/value.h"
#include "store/store.h"

namespace lockstep::control {

struct SpooledRound;  // control/spooled.h

/// How a round of an instance is judged. Borrowed for the call.
struct MeasurePolicy {
  std::string_view instance;   ///< its name, under which values are kept
  const Inventory& inventory;  ///< tells the classes of nodes
  /// Values without a rule are compared with those of the class: true of `exec`; false of `pcp`,
  /// whose numbers differ by job.
  bool compares_by_default = true;
  const SeverityPolicy& severities;
  const AlertPolicy& alerts;
  /// What clones of the nodes at hand said before counts for so long: a round may be of a few nodes
  /// only. Twice the instance's interval is right.
  std::chrono::seconds counts_for = std::chrono::hours(48);
  /// Where the collector says which ports it examined; emptied before it is asked. Null: it says
  /// nothing of ports.
  std::vector<ReportedLook>* looks = nullptr;
  /// What the job scheduler says of nodes; empty: there is none.
  std::function<std::vector<NodeSchedule>(const std::vector<std::string>&)> schedules{};
  /// Blocks until it was asked once more; false: it says nothing. Empty: what it says is new.
  std::function<bool()> wait_for_schedules{};
  PortSet job_ports{};  ///< that jobs may open on each node that the scheduler has
  /// As SweepWorld::spool.
  std::function<Result<std::vector<AlertRecord>>(
      const SpooledRound& seen, const ValueHarvest& harvest, const DecideByValues& decide)>
      spool{};
  const SpoolMark* mark = nullptr;  ///< of a round that is replayed
};

/// What a round brought.
struct MeasureReport {
  CollectSummary summary;
  std::vector<Coverage> coverage;   ///< of each target
  std::size_t nodes = 0;            ///< asked for
  std::size_t covered = 0;          ///< those of them that were measured
  std::size_t values = 0;           ///< kept
  std::size_t ports = 0;            ///< open ones that were reported of the covered nodes
  std::vector<Finding> findings;    ///< of the nodes that were covered; those of ports last
  std::vector<AlertRecord> alerts;  ///< all, as they are afterwards
  bool did_its_work() const {       ///< else: collector_failed is the daemon's to raise
    return summary.problem.empty() && (covered == nodes || summary.interrupted);
  }
};

/// Runs `collector`, keeps the values and the ports of the nodes that it covered, judges them, and
/// updates the alerts that are of this instance, all in one transaction. `now` is called at the
/// end of the collection. Errors: those of Collector::collect; those of the store, with nothing
/// kept; `corrupt` where a row of value_rules has no sense.
Result<MeasureReport> measure(Collector& collector, const std::vector<CollectTarget>& targets,
                              Store& store, const MeasurePolicy& policy,
                              const CollectControl& control, const std::function<WallTime()>& now);

/// A value as it was measured last.
struct ValueRow {
  ValueFact fact;
  /// The node was measured, and did not say it, while clones do: `fact` has no value then, and the
  /// time when it was measured last.
  bool missing = false;
  std::set<std::string> classes;  ///< of its node
  std::int64_t alert = 0;         ///< its id, where it deviates; else 0
  std::string expected;           ///< with an alert: what it should be
  std::string clones;             ///< with an alert: what is usual
};

/// Whose missing values are listed.
enum class MissingValues {
  alerts,  ///< those of alerts: most others have them, or a rule demands them
  all,     ///< also those that more than half of the nodes of the same classes have
};

/// Ascending by node, instance and name; of these nodes and this instance, where they are not
/// empty. For all that is missing, the values of all nodes are read.
Result<std::vector<ValueRow>> list_values(Store& store, const Inventory& inventory,
                                          const std::set<std::string>& nodes,
                                          std::string_view instance, MissingValues missing);

}  // namespace lockstep::control
