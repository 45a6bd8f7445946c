// Nodes of a view by name, and what is added up on them; for those alone who make views.

#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "control/cluster_view.h"

namespace lockstep::control {

/// Valid as long as the glances stay where they are.
class NodePlaces {
 public:
  explicit NodePlaces(std::vector<NodeGlance>& nodes);

  /// Null: no such node.
  NodeGlance* find(std::string_view name) const;

 private:
  std::unordered_map<std::string_view, NodeGlance*> places_;
};

/// To nodes whose sight is `never`. Looks of earlier sweeps do not count: an address may be another
/// node's by now.
void add_looks(const Looks& looks, const NodePlaces& places);
/// To nodes without alerts.
void add_alerts(const std::vector<AlertRecord>& alerts, const NodePlaces& places, WallTime now);

/// Those with alerts, and those that sweeps are to examine and have not in full.
void count_nodes(ClusterView& view);

}  // namespace lockstep::control
