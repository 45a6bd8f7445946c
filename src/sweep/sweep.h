// One pass of one collector over its targets.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "collectors/collector.h"
#include "sweep/targets.h"

namespace lockstep {

/// What a sweep saw.
struct SweepRecord {
  WallTime started;
  CollectSummary summary;
  /// How long it took to ask what is there, after the ports were known; none: it was not asked.
  std::optional<std::chrono::nanoseconds> identified_in{};
  std::vector<PortObservation> observations;
  std::vector<ServiceObservation> services;  ///< of ports that were asked what they are; ascending
  std::vector<Coverage> coverage;            ///< of every address, and of nodes that were left out

  /// Every address is examined in full.
  bool complete() const;
};

/// What answered there, or null where it was not asked. O(log services).
const ServiceObservation* service_at(const SweepRecord& record, const PortObservation& port);

/// What an open port is asked where nothing more is known: what it carries by custom is the
/// likeliest, no more. Nothing is expected where a question is an error in a daemon's log, unless
/// somebody says that the daemon is there.
ServiceQuestion customary_question(const PortObservation& seen);

/// The ports of `observations` that are open and `wanted`, each with its customary question.
std::vector<CollectTarget> targets_to_ask(
    const std::vector<PortObservation>& observations,
    const std::function<bool(const PortObservation&)>& wanted);

/// Asks `targets` what they are, by a collector of services, and adds what they say to
/// `record.services`, in place of what the same ports said before. Errors: those of
/// Collector::collect.
Result<CollectSummary> ask_services(Collector& services, const std::vector<CollectTarget>& targets,
                                    SweepRecord& record, const CollectControl& control);

/// Asks the open ports of `record` what they are, by a collector of services, and adds what they
/// say. Errors: those of Collector::collect.
Result<CollectSummary> identify_services(Collector& services, SweepRecord& record,
                                         const CollectControl& control);

/// Runs `collector` over the selection. Errors: those of Collector::collect.
Result<SweepRecord> run_sweep(Collector& collector, TargetSelection selection,
                              const CollectControl& control);

}  // namespace lockstep
