// What is watched: nodes, their addresses, their classes.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/port.h"

namespace lockstep {

/// The network of an address where the inventory names none.
inline constexpr const char* kDefaultNetwork = "management";

/// One address of a node, on one of the cluster's networks (management, fabric, BMC, ...).
struct NodeAddress {
  IpAddress address;
  std::string network = kDefaultNetwork;

  friend auto operator<=>(const NodeAddress&, const NodeAddress&) = default;
};

/// A machine. Identified by its name within its cluster, never by an address or a key: those
/// change when it is imaged anew.
struct Node {
  std::string name;
  std::set<std::string> classes;       ///< may be several; empty: watched by none
  std::string group;                   ///< rack or switch; empty: none
  std::vector<NodeAddress> addresses;  ///< empty: its name is resolved once a sweep

  friend auto operator<=>(const Node&, const Node&) = default;
};

/// What holds for all nodes of a class.
struct NodeClass {
  std::string name;
  /// The cap of each of its nodes; none: the configuration's node rate.
  std::optional<PacketsPerSecond> node_rate;

  friend auto operator<=>(const NodeClass&, const NodeClass&) = default;
};

/// All nodes and classes of one cluster, by name.
struct Inventory {
  std::string cluster;
  std::map<std::string, Node> nodes;
  std::map<std::string, NodeClass> classes;
};

/// The `host_type` under which the expectations of a class stand in Table 1: the class itself on
/// the default network, "class@network" on any other.
std::string host_type(const std::string& node_class, const std::string& network);

}  // namespace lockstep
