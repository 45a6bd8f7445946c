#include "app/daemon_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "app/instances.h"
#include "control/scan_targets.h"
#include "sweep/due.h"

namespace lockstep {
namespace {

/// The ports whose services somebody expects.
Result<PortSets> expected_ports(const std::vector<Profile>& profiles) {
  PortSets ports;
  for (const Profile& profile : profiles) {
    for (const ExpectedPort& each : profile.ports) ports.of(each.protocol).insert(each.port);
    for (const PortRule& rule : profile.rules) {
      if (rule.presence == Presence::required) {
        ports.of(rule.protocol) = ports.of(rule.protocol) | rule.ports;
      }
    }
  }
  if (!ports.empty()) return ports;
  return fail(ErrorKind::invalid, "the profiles of these nodes expect no port");
}

/// By what services said last, and by the rounds of this process.
Result<Pass::History> service_history(const Instance& instance, const ServiceRounds& rounds,
                                      Store& store) {
  auto asked = std::make_shared<std::map<std::string, WallTime>>(rounds.of(instance.name));
  LOCKSTEP_TRY(const std::vector<ServiceFact> facts, store.services());
  for (const ServiceFact& fact : facts) {
    WallTime& latest = (*asked)[fact.seen.node];
    latest = std::max(latest, fact.asked);
  }
  return [asked](const std::string& node, std::size_t) {
    const auto found = asked->find(node);
    return found == asked->end() ? LastLook{} : LastLook{found->second, found->second};
  };
}

Result<Pass::History> port_history(const std::vector<PortSets>& blocks, const Inventory& inventory,
                                   Store& store) {
  LOCKSTEP_TRY(const Looks looks, store.looks());
  auto history = std::make_shared<LookHistory>(looks, blocks, inventory);
  return [history](const std::string& node, std::size_t block) { return history->of(node, block); };
}

}  // namespace

Result<std::vector<std::string>> nodes_of_instance(const Instance& instance, const Config& config,
                                                   const Inventory& inventory) {
  std::vector<std::string> nodes;
  if (instance.nodes.empty()) {
    for (const auto& [name, node] : inventory.nodes) nodes.push_back(name);
  } else {
    auto named = parse_inventory_nodes(instance.nodes, inventory);
    if (!named) return std::unexpected(named.error().within("nodes"));
    nodes = std::move(*named);
  }
  LOCKSTEP_TRY(const TargetPolicy policy, make_policy(config, inventory, {}));
  std::erase_if(nodes, [&](const auto& name) { return policy.excluded_nodes.contains(name); });
  return nodes;
}

Result<std::vector<Profile>> profiles_of(const std::vector<std::string>& nodes,
                                         const Inventory& inventory, Store& store) {
  std::set<std::string> classes;
  for (const std::string& name : nodes) {
    const Node& node = inventory.nodes.at(name);
    classes.insert(node.classes.begin(), node.classes.end());
  }
  LOCKSTEP_TRY(std::vector<Profile> profiles, store.profiles());
  std::erase_if(profiles, [&](const Profile& profile) {
    return !classes.contains(profile.host_type.substr(0, profile.host_type.find('@')));
  });
  if (!profiles.empty()) return profiles;
  return fail(
      ErrorKind::invalid,
      "no class of these nodes has a profile yet; learn one: lockstep profile learn --class "
      "CLASS --consensus, then: lockstep profile approve --class CLASS");
}

void ServiceRounds::note(const std::string& instance, const std::vector<std::string>& nodes,
                         WallTime now) {
  const std::scoped_lock lock(mutex_);
  for (const std::string& node : nodes) rounds_[instance][node] = now;
}

std::map<std::string, WallTime> ServiceRounds::of(const std::string& instance) const {
  const std::scoped_lock lock(mutex_);
  const auto found = rounds_.find(instance);
  return found == rounds_.end() ? std::map<std::string, WallTime>() : found->second;
}

Result<SweepPlan> plan_instance(const Instance& instance, const Config& config,
                                const Inventory& inventory, const ServiceRounds& rounds,
                                Store& store) {
  SweepPlan plan;
  LOCKSTEP_TRY(plan.nodes, nodes_of_instance(instance, config, inventory));
  plan.rate = instance.rate.value_or(config.scan.rate);
  LOCKSTEP_TRY(const std::vector<Profile> profiles, profiles_of(plan.nodes, inventory, store));
  if (instance.collector == "services") {
    LOCKSTEP_TRY(const PortSets ports, expected_ports(profiles));
    // All at once: what a node is asked is short, and it is noted by node.
    plan.blocks = {ports};
    LOCKSTEP_TRY(plan.history, service_history(instance, rounds, store));
    return plan;
  }
  LOCKSTEP_TRY(const PortSets ports, ports_of_instance(instance, config));
  plan.blocks = blocks_of(ports);
  LOCKSTEP_TRY(plan.history, port_history(plan.blocks, inventory, store));
  return plan;
}

}  // namespace lockstep
