// One pass of one collector over its targets.

#pragma once

#include <vector>

#include "collectors/collector.h"
#include "sweep/targets.h"

namespace lockstep {

/// What a sweep saw.
struct SweepRecord {
  WallTime started;
  CollectSummary summary;
  std::vector<PortObservation> observations;
  std::vector<Coverage> coverage;  ///< of every address, and of nodes that were left out

  /// Every address is examined in full.
  bool complete() const;
};

/// Runs `collector` over the selection. Errors: those of Collector::collect.
Result<SweepRecord> run_sweep(Collector& collector, TargetSelection selection,
                              const CollectControl& control);

}  // namespace lockstep
