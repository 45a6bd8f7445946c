// All that a page of the entire cluster needs, at one moment: made once when something has
// happened, and read by any number of requests.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/alerts.h"
#include "base/result.h"
#include "control/alert_use_cases.h"
#include "model/node.h"
#include "store/store.h"

namespace lockstep::control {

/// How well a node was looked at.
enum class NodeSight : std::uint8_t {
  never,    ///< no sweep has asked it
  partial,  ///< the latest did not examine all that it wanted
  proven,   ///< the latest examined everything at each address
};

std::string_view to_string(NodeSight sight);  ///< "proven"

/// One node at a glance.
struct NodeGlance {
  const Node* node = nullptr;  ///< of ClusterView::inventory
  NodeSight sight = NodeSight::never;
  std::optional<WallTime> looked{};  ///< when the latest look at it ended
  bool watched = false;              ///< sweeps are to examine it
  std::optional<Severity> worst{};   ///< of its alerts that nobody deals with yet
  std::optional<Severity> muted{};   ///< of those that are acknowledged or silenced
  std::uint32_t alerts = 0;          ///< of both
};

struct ClusterView {
  std::int64_t event = 0;  ///< the latest that is in it
  WallTime made{};
  std::shared_ptr<const Inventory> inventory{};
  std::vector<AlertRecord> alerts{};  ///< all, ascending by id and node
  AlertListing listing{};             ///< of those that are not over, of all nodes
  std::vector<NodeGlance> nodes{};    ///< ascending by name
};

/// `watched` are the nodes that sweeps are to examine. Reads the store in several transactions:
/// what happens meanwhile may be in it or not, and has a greater event than it either way.
Result<std::shared_ptr<const ClusterView>> make_view(Store& store,
                                                     std::shared_ptr<const Inventory> inventory,
                                                     const std::vector<std::string>& watched,
                                                     WallTime now);

}  // namespace lockstep::control
