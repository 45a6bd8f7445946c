// Plug-in instances, for a person: which there are, and changing them while the daemon runs.
//
// The configuration says what there is. What is changed at run time is kept by the store, and holds
// before the configuration, until it is reset.

#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/profile_use_cases.h"
#include "model/instance.h"
#include "store/store.h"

namespace lockstep::control {

/// An instance, and where it comes from.
struct InstanceRow {
  Instance instance;
  bool configured = false;               ///< the configuration has it
  std::optional<StoredInstance> change;  ///< what was changed at run time
  std::optional<InstanceRun> latest;     ///< its latest run
  std::string problem;  ///< why what was changed cannot be used, so that the configuration holds
  /// What it promises, if it rotates; for whoever knows the nodes to say.
  std::string promise{};
};

/// What holds now, ascending by name. A change that makes no sense any more is told in its row, and
/// does not hold; one of an instance that the configuration does not have is then left out.
Result<std::vector<InstanceRow>> list_instances(Store& store, std::span<const Instance> configured);

/// Whether the collector can do what an instance says. Errors: `invalid`.
using CheckInstance = std::function<Result<void>(const Instance&)>;

/// Changes settings of an instance, or makes a new one; an empty text takes a setting back to what
/// is usual. Errors: `invalid` for what makes no sense, `not_found` for a new one without a
/// collector.
Result<Instance> change_instance(Store& store, std::span<const Instance> configured,
                                 const std::string& name, const InstanceSettings& changes,
                                 const CheckInstance& check, const Act& act);

/// Takes back what was changed: the configuration holds again, and an instance that it does not
/// have is gone. Errors: `not_found` where nothing was changed.
Result<void> reset_instance(Store& store, const std::string& name, const Act& act);

}  // namespace lockstep::control
