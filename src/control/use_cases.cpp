#include "control/use_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analysis/judge.h"
#include "profiles/learn.h"

namespace lockstep::control {
namespace {

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

/// A sweep that could judge nobody would only print a gap for every node.
Result<void> require_some_profile(const std::vector<Node>& nodes,
                                  const std::vector<Profile>& profiles) {
  std::set<std::string> classes;
  for (const Node& node : nodes) classes.insert(node.classes.begin(), node.classes.end());
  const bool any = std::any_of(profiles.begin(), profiles.end(), [&](const Profile& profile) {
    return classes.contains(profile.host_type.substr(0, profile.host_type.find('@')));
  });
  if (any) return {};
  if (classes.empty()) {
    return fail(ErrorKind::invalid, "the nodes are in no class; give them one in the inventory");
  }
  return fail(ErrorKind::invalid,
              fmt::format("no class of these nodes has a profile yet; learn one first: "
                          "lockstep profile learn --class {} --from NODE",
                          *classes.begin()));
}

}  // namespace

bool SweepReport::deviates() const {
  return std::any_of(rows.begin(), rows.end(), [](const FindingRow& row) {
    return row.subject.kind != FindingKind::coverage_gap;
  });
}

Result<SweepRecord> scan(const SweepSetting& setting, const std::vector<std::string>& nodes) {
  return run_sweep(setting.collector,
                   select_targets(setting.inventory, nodes, setting.unresolved, setting.policy),
                   setting.control);
}

Result<SweepReport> sweep(const SweepSetting& setting, Store& store,
                          std::vector<std::string> nodes) {
  const Nodeset& excluded = setting.policy.excluded_nodes;
  std::erase_if(nodes, [&](const std::string& name) { return excluded.contains(name); });
  LOCKSTEP_CHECK(store.replace_inventory(setting.inventory));
  LOCKSTEP_TRY(const std::vector<Profile> profiles, store.profiles());
  const std::vector<Node> subjects = pick(setting.inventory, nodes);
  LOCKSTEP_CHECK(require_some_profile(subjects, profiles));
  SweepReport report;
  LOCKSTEP_TRY(report.record, scan(setting, nodes));
  const std::vector<Finding> findings = judge({.nodes = subjects,
                                               .profiles = profiles,
                                               .wanted = setting.ports,
                                               .observations = report.record.observations,
                                               .coverage = report.record.coverage});
  report.rows = fold(findings);
  report.nodes = subjects.size();
  report.proven = count_proven(report.record);
  return report;
}

Result<LearnReport> learn(const SweepSetting& setting, Store& store, const std::string& node_class,
                          const std::string& node) {
  const auto found = setting.inventory.nodes.find(node);
  if (found == setting.inventory.nodes.end()) {
    return fail(ErrorKind::not_found, fmt::format("the inventory has no node {}", node));
  }
  if (!found->second.classes.contains(node_class)) {
    return fail(ErrorKind::invalid, fmt::format("{} is not in the class {}", node, node_class));
  }
  LOCKSTEP_CHECK(store.replace_inventory(setting.inventory));
  LearnReport report;
  LOCKSTEP_TRY(report.record, scan(setting, {node}));
  std::set<std::string> networks;
  for (const Coverage& coverage : report.record.coverage) networks.insert(coverage.network);
  for (const std::string& network : networks) {
    LOCKSTEP_TRY(Profile profile, learn_from_node({.node = found->second,
                                                   .node_class = node_class,
                                                   .network = network,
                                                   .observations = report.record.observations,
                                                   .coverage = report.record.coverage}));
    report.profiles.push_back(std::move(profile));
  }
  for (const Profile& profile : report.profiles) LOCKSTEP_CHECK(store.replace_profile(profile));
  return report;
}

}  // namespace lockstep::control
