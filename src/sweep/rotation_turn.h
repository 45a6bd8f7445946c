// One turn of an instance that rotates: who is asked which ports now. Pure.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/scheduler_state.h"
#include "sweep/pass.h"
#include "sweep/rotation.h"

namespace lockstep {

/// What an instance that rotates asks of whom, and when it was asked before.
struct RotationPlan {
  Rotation rotation;
  std::vector<std::vector<std::string>> groups;  ///< of clones, in the order of the rotation
  /// By how many there are.
  std::map<std::size_t, std::vector<PortSets>> blocks;
  /// When a node was asked a block, of so many.
  std::function<LastLook(const std::string& node, std::size_t blocks, std::size_t block)> history;
};

struct RotationTurn {
  /// With different ports each, and no node in common.
  std::vector<SweepStep> steps;
  PassedOver passed_over;
};

/// The next turn. Of `rule` counts what becomes of busy nodes. `schedules` as for Pass::next().
RotationTurn next_turn(const RotationPlan& plan, const DueRule& rule,
                       const Pass::Schedules& schedules, WallTime now);

/// "each port within 60s on some node of each class, within 1h on each node (7,200 nodes, 1,093
/// ports of each a turn); open for 30s an hour, a port is seen with a chance of 0.8% on one node
/// and of 50% on a whole class"; of the group for which it is worst.
std::string promise_of(const Rotation& rotation);

}  // namespace lockstep
