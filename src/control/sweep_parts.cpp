#include "control/sweep_parts.h"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep::control {
namespace {

/// A sweep that could judge nobody would only print a gap for every node.
Result<void> require_some_profile(const std::vector<Node>& nodes,
                                  const std::vector<Profile>& profiles,
                                  const std::vector<Baseline>& baselines) {
  std::set<std::string> classes;
  for (const Node& node : nodes) classes.insert(node.classes.begin(), node.classes.end());
  const auto is_ours = [&](const std::string& type) {
    return classes.contains(type.substr(0, type.find('@')));
  };
  for (const Profile& profile : profiles) {
    if (is_ours(profile.host_type)) return {};
  }
  if (classes.empty()) {
    return fail(ErrorKind::invalid, "the nodes are in no class; give them one in the inventory");
  }
  for (const Baseline& baseline : baselines) {
    if (!is_ours(baseline.profile.host_type)) continue;
    const std::string node_class =
        baseline.profile.host_type.substr(0, baseline.profile.host_type.find('@'));
    return fail(ErrorKind::invalid,
                fmt::format("what was learned for {} waits for approval; look at it: lockstep "
                            "profile diff --class {}, then: lockstep profile approve --class {}",
                            node_class, node_class, node_class));
  }
  return fail(ErrorKind::invalid,
              fmt::format("no class of these nodes has a profile yet; learn one first: "
                          "lockstep profile learn --class {} --consensus",
                          *classes.begin()));
}

/// The first sweep of a day takes away what has been over for long.
Result<void> prune_daily(Store& store, WallTime now) {
  LOCKSTEP_TRY(const std::vector<SweepInfo> latest, store.sweeps(1));
  const auto day = [](WallTime time) { return std::chrono::floor<std::chrono::days>(time); };
  if (!latest.empty() && day(latest.front().started) == day(now)) return {};
  // What is too old may stay for another day.
  std::ignore = store.prune(now, {});
  return {};
}

}  // namespace

std::vector<Node> pick(const Inventory& inventory, const std::vector<std::string>& names) {
  std::vector<Node> nodes;
  for (const std::string& name : names) {
    const auto found = inventory.nodes.find(name);
    if (found != inventory.nodes.end()) nodes.push_back(found->second);
  }
  return nodes;
}

std::size_t count_proven(const SweepRecord& record) {
  std::set<std::string> seen;
  std::set<std::string> unproven;
  for (const Coverage& coverage : record.coverage) {
    seen.insert(coverage.node);
    if (!coverage.examined()) unproven.insert(coverage.node);
  }
  return seen.size() - unproven.size();
}

Result<void> prepare_store(const SweepSetting& setting, Store& store, const SweepPolicy& policy,
                           const std::vector<std::string>& nodes, WallTime now) {
  LOCKSTEP_CHECK(store.replace_inventory(setting.inventory));
  LOCKSTEP_CHECK(prune_daily(store, now));
  if (policy.without_profile) return {};
  LOCKSTEP_TRY(const std::vector<Profile> profiles, store.profiles());
  LOCKSTEP_TRY(const std::vector<Baseline> baselines, store.baselines());
  return require_some_profile(pick(setting.inventory, nodes), profiles, baselines);
}

void Keeper::keep(const CollectCheckpoint& checkpoint) {
  const std::scoped_lock lock(mutex_);
  // A full disk may have room again the next time; the end of the sweep will tell otherwise.
  std::ignore = store_.checkpoint_sweep(sweep_, now_(), checkpoint.open, checkpoint.coverage);
}

ClosedBefore::ClosedBefore(const Looks& looks, const std::vector<PortFact>& facts, WallTime started)
    : looks_(looks) {
  for (const Look& look : looks.looks) {
    if (look.examined) by_node_[{look.node, look.network, look.protocol}].push_back(&look);
  }
  for (const PortFact& fact : facts) {
    if (fact.since >= started) continue;
    seen_.emplace(fact.seen.node, fact.seen.network, fact.seen.protocol, fact.seen.port);
  }
}

std::optional<WallTime> ClosedBefore::operator()(const Finding& finding) const {
  std::optional<WallTime> latest;
  if (!finding.port || !finding.protocol) return latest;
  if (seen_.contains({finding.node, finding.network, *finding.protocol, *finding.port})) {
    return latest;
  }
  const auto found = by_node_.find({finding.node, finding.network, *finding.protocol});
  if (found == by_node_.end()) return latest;
  for (const Look* const look : found->second) {
    if (!looks_.port_sets[look->ports].of(*finding.protocol).contains(*finding.port)) continue;
    latest = std::max(latest.value_or(*look->examined), *look->examined);
  }
  return latest;
}

}  // namespace lockstep::control
