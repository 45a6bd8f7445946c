// What a person, a script or a browser can ask of Lockstep. Each use case is one function over
// interfaces, so that the command line, the local socket and HTTP are only faces of it.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/fold.h"
#include "base/result.h"
#include "collectors/collector.h"
#include "model/node.h"
#include "model/profile.h"
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
  const PortSet& ports;  ///< what the collector asks
  const CollectControl& control;
};

/// Looks, and judges nothing: no profile, no store.
Result<SweepRecord> scan(const SweepSetting& setting, const std::vector<std::string>& nodes);

/// A sweep, judged.
struct SweepReport {
  SweepRecord record;
  std::vector<FindingRow> rows;  ///< the gravest first
  std::size_t nodes = 0;         ///< asked for
  std::size_t proven = 0;        ///< nodes whose every address was examined in full

  /// A finding that is more than a gap in what could be examined.
  bool deviates() const;
};

/// Examines `nodes`, but for those that the policy excludes, compares them with the profiles of
/// their classes, and keeps the inventory in the store up to date. Errors: `invalid` where no class
/// of the nodes has a profile yet.
Result<SweepReport> sweep(const SweepSetting& setting, Store& store,
                          std::vector<std::string> nodes);

/// What one learning wrote.
struct LearnReport {
  SweepRecord record;
  std::vector<Profile> profiles;  ///< one for each network of the node
};

/// Examines `node` and makes what is open there the profile of `node_class`. All or nothing for
/// each network. Errors: `not_found` node; `invalid` where it is not of the class; `unavailable`
/// where it could not be examined in full.
Result<LearnReport> learn(const SweepSetting& setting, Store& store, const std::string& node_class,
                          const std::string& node);

}  // namespace lockstep::control
