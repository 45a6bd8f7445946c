#include "sweep/targets.h"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep {
namespace {

Coverage gap_of(const Node& node, CoverageGap gap, std::string note) {
  Coverage coverage;
  coverage.node = node.name;
  if (!node.addresses.empty()) {
    coverage.address = node.addresses.front().address;
    coverage.network = node.addresses.front().network;
  } else {
    coverage.network = kDefaultNetwork;
  }
  coverage.gap = gap;
  coverage.note = std::move(note);
  return coverage;
}

class Selector {
 public:
  Selector(const Inventory& inventory, const TargetPolicy& policy)
      : inventory_(inventory), policy_(policy) {}

  void add(const Node& node, const std::string& unresolved) {
    if (policy_.excluded_nodes.contains(node.name)) {
      leave_out(gap_of(node, CoverageGap::outside_fence, "excluded by [scan] exclude"));
    } else if (node.addresses.empty()) {
      leave_out(gap_of(node, CoverageGap::not_resolved, unresolved));
    } else {
      add_addresses(node);
    }
  }

  /// Room for about as many targets as there are nodes: a large sweep should not pay for growth.
  void reserve(std::size_t nodes) { selection_.targets.reserve(nodes); }

  TargetSelection take() { return std::move(selection_); }

 private:
  void leave_out(Coverage coverage) { selection_.left_out.push_back(std::move(coverage)); }

  void add_addresses(const Node& node) {
    bool any = false;
    for (const NodeAddress& address : node.addresses) {
      if (!policy_.networks.empty() && !policy_.networks.contains(address.network)) continue;
      any = true;
      add_address(node, address);
    }
    if (!any) {
      leave_out(gap_of(node, CoverageGap::unsupported, "no address on a network with scan = true"));
    }
  }

  void add_address(const Node& node, const NodeAddress& address) {
    const auto [owner, is_new] = owners_.emplace(address.address, node.name);
    if (is_new) {
      selection_.targets.push_back({.node = node.name,
                                    .address = address.address,
                                    .network = address.network,
                                    .group = node.group,
                                    .node_rate = node_rate_of(node, inventory_, policy_)});
    } else if (owner->second != node.name) {
      Coverage coverage = gap_of(node, CoverageGap::unsupported,
                                 fmt::format("the same address as {}", owner->second));
      coverage.address = address.address;
      coverage.network = address.network;
      leave_out(std::move(coverage));
    }
  }

  const Inventory& inventory_;
  const TargetPolicy& policy_;
  std::map<IpAddress, std::string> owners_;
  TargetSelection selection_;
};

}  // namespace

PacketsPerSecond node_rate_of(const Node& node, const Inventory& inventory,
                              const TargetPolicy& policy) {
  if (policy.asked_node_rate) return *policy.asked_node_rate;
  PacketsPerSecond lowest = PacketsPerSecond::unlimited();
  bool named = false;
  for (const std::string& name : node.classes) {
    const auto found = inventory.classes.find(name);
    if (found == inventory.classes.end() || !found->second.node_rate) continue;
    lowest = std::min(lowest, *found->second.node_rate);
    named = true;
  }
  return named ? lowest : policy.node_rate;
}

TargetSelection select_targets(const Inventory& inventory, const std::vector<std::string>& nodes,
                               const std::map<std::string, std::string>& unresolved,
                               const TargetPolicy& policy) {
  Selector selector(inventory, policy);
  selector.reserve(nodes.size());
  for (const std::string& name : nodes) {
    const auto node = inventory.nodes.find(name);
    if (node == inventory.nodes.end()) continue;
    const auto reason = unresolved.find(name);
    selector.add(node->second, reason == unresolved.end() ? "" : reason->second);
  }
  return selector.take();
}

}  // namespace lockstep
