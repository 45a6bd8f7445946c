// Several sweeps that ask their nodes different ports at once: a turn of an instance that rotates
// (sweep/rotation.h). To the store each is a sweep like any other, so that what is kept of a node
// reaches as far as the ports that this node was asked; on the wire they are one.

#pragma once

#include <string>
#include <vector>

#include "control/use_cases.h"

namespace lockstep::control {

/// The ports of a sweep, and its nodes.
struct SweepShare {
  PortSets ports;  ///< of those of the setting, some that follow one another
  std::vector<std::string> nodes;
};

/// As sweep() for each of `shares`, which have no node in common; one report each, in their order.
/// What is unexpected is asked again share by share, and waited for together. Nothing is kept
/// before the end. Errors: as of sweep(); then none of them is kept.
Result<std::vector<SweepReport>> sweep_shares(const SweepSetting& setting, Store& store,
                                              const std::vector<SweepShare>& shares,
                                              const SweepPolicy& policy, const SweepWorld& world);

}  // namespace lockstep::control
