// Which addresses of which nodes a sweep is to examine.

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collectors/collector.h"
#include "model/node.h"
#include "model/nodeset.h"

namespace lockstep {

/// What an administrator lets be examined, and how gently.
struct TargetPolicy {
  /// The networks that may be probed; empty: all, since none is described.
  std::set<std::string> networks;
  Nodeset excluded_nodes;
  /// Of a node whose classes name no rate of their own; else the lowest of its classes counts.
  PacketsPerSecond node_rate{50};
  /// Of every node, whatever its classes name: what a person asked for, just this once.
  std::optional<PacketsPerSecond> asked_node_rate;
};

/// Every node asked for is in exactly one of the two: with targets, or with gaps.
struct TargetSelection {
  std::vector<CollectTarget> targets;  ///< each address once
  std::vector<Coverage> left_out;      ///< why a node or an address will not be examined
};

/// What a node may get: what was asked for, or the lowest of its classes, or the usual.
PacketsPerSecond node_rate_of(const Node& node, const Inventory& inventory,
                              const TargetPolicy& policy);

/// The addresses of `nodes`, which name nodes of `inventory`; those without addresses are left out
/// as not resolved. `unresolved` says why, by node, where it is known. Addresses on networks that
/// the policy does not list are passed over in silence: that is their ordinary state; but a node
/// that has no others is left out.
TargetSelection select_targets(const Inventory& inventory, const std::vector<std::string>& nodes,
                               const std::map<std::string, std::string>& unresolved,
                               const TargetPolicy& policy);

}  // namespace lockstep
