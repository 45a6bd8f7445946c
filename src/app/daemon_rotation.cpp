// What instances that rotate ask of whom.

#include <algorithm>
#include <memory>
#include <set>

#include "app/daemon_plan.h"
#include "app/instances.h"
#include "sweep/due.h"

namespace lockstep {
namespace {

std::size_t addresses_of(const Node& node, const TargetPolicy& policy) {
  const auto asked = [&](const NodeAddress& address) {
    return policy.networks.empty() || policy.networks.contains(address.network);
  };
  // A name that is not resolved yet has one.
  return std::max<std::size_t>(
      1, static_cast<std::size_t>(std::ranges::count_if(node.addresses, asked)));
}

/// Nodes of the same classes are clones; those with rates of their own, of the same rate.
class Grouping {
 public:
  Grouping(const Config& config, const Inventory& inventory, const TargetPolicy& policy)
      : config_(config), inventory_(inventory), policy_(policy) {}

  void count(const std::string& name) {
    const Node& node = inventory_.nodes.at(name);
    in_rack_[node.group] += addresses_of(node, policy_);
  }

  void add(const std::string& name) {
    const Node& node = inventory_.nodes.at(name);
    const auto [found, is_new] = by_class_.emplace(
        std::set<std::string>(node.classes.begin(), node.classes.end()), groups.size());
    if (is_new) {
      groups.emplace_back();
      names.emplace_back();
    }
    CloneGroup& group = groups[found->second];
    ++group.nodes;
    names[found->second].push_back(name);
    group.addresses = std::max(group.addresses, addresses_of(node, policy_));
    group.node_rate = std::min(group.node_rate, node_rate_of(node, inventory_, policy_));
    if (node.group.empty()) return;
    const double share =
        config_.scan.group_rate.value() / static_cast<double>(in_rack_.at(node.group));
    group.rack_share = std::min(group.rack_share, PacketsPerSecond(share));
  }

  std::vector<CloneGroup> groups;
  std::vector<std::vector<std::string>> names;

 private:
  const Config& config_;
  const Inventory& inventory_;
  const TargetPolicy& policy_;
  std::map<std::string, std::size_t> in_rack_;
  std::map<std::set<std::string>, std::size_t> by_class_;
};

}  // namespace

Result<RotationPlan> plan_rotation_of(const Instance& instance, const Config& config,
                                      const Inventory& inventory) {
  LOCKSTEP_TRY(const PortSets all, ports_of_instance(instance, config));
  const PortSet& ports = all.of(Protocol::tcp);
  if (ports.empty()) return fail(ErrorKind::invalid, "ports: there is none to rotate");
  LOCKSTEP_TRY(const std::vector<std::string> nodes,
               nodes_of_instance(instance, config, inventory));
  LOCKSTEP_TRY(TargetPolicy policy, make_policy(config, inventory, {}));
  policy.asked_node_rate = instance.node_rate;
  Grouping grouping(config, inventory, policy);
  for (const std::string& node : nodes) grouping.count(node);
  for (const std::string& node : nodes) grouping.add(node);
  RotationWish wish{.ports = ports.size(),
                    .groups = grouping.groups,
                    .rate = instance.rate.value_or(config.scan.rate),
                    .whole = instance.interval,
                    .at_once = scan::kMaxTargets};
  LOCKSTEP_TRY(wish.turn, turn_of_instance(instance));
  RotationPlan plan{.rotation = plan_rotation(wish),
                    .groups = std::move(grouping.names),
                    .blocks = {},
                    .history = {}};
  for (const GroupRotation& group : plan.rotation.groups) {
    auto& blocks = plan.blocks[group.blocks];
    if (blocks.empty()) blocks = rotation_blocks(ports, group.blocks);
  }
  return plan;
}

Result<RotationPlan> plan_rotation_of(const Instance& instance, const Config& config,
                                      const Inventory& inventory, Store& store) {
  LOCKSTEP_TRY(RotationPlan plan, plan_rotation_of(instance, config, inventory));
  std::vector<std::string> nodes;
  for (const auto& group : plan.groups) nodes.insert(nodes.end(), group.begin(), group.end());
  LOCKSTEP_CHECK(profiles_of(nodes, inventory, store));
  LOCKSTEP_TRY(const Looks looks, store.looks());
  auto histories = std::make_shared<std::map<std::size_t, LookHistory>>();
  for (const auto& [count, blocks] : plan.blocks) {
    histories->emplace(count, LookHistory(looks, blocks, inventory));
  }
  plan.history = [histories](const std::string& node, std::size_t blocks, std::size_t block) {
    return histories->at(blocks).of(node, block);
  };
  return plan;
}

std::string promise_of_instance(const Instance& instance, const Config& config,
                                const Inventory& inventory) {
  if (instance.mode != InstanceMode::rotate) return {};
  const auto plan = plan_rotation_of(instance, config, inventory);
  return plan && !plan->groups.empty() ? promise_of(plan->rotation) : std::string();
}

void note_promises(std::vector<control::InstanceRow>& rows, const Config& config,
                   const Inventory& inventory) {
  for (control::InstanceRow& row : rows) {
    row.promise = promise_of_instance(row.instance, config, inventory);
  }
}

}  // namespace lockstep
