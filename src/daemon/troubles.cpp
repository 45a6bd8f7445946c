#include "daemon/troubles.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/conditions.h"

namespace lockstep {
namespace {

Finding finding_of(FindingKind kind, const std::string& reason, const std::string& detail) {
  Finding finding;
  finding.kind = kind;
  finding.reason = reason;
  // Whoever reads it has to know which instance it is.
  finding.detail =
      detail.starts_with(reason + ":") ? detail : fmt::format("{}: {}", reason, detail);
  finding.node_class = kMonitorClass;
  return finding;
}

std::string classes_of(const std::string& node, const Inventory& inventory) {
  const auto found = inventory.nodes.find(node);
  if (found == inventory.nodes.end()) return kMonitorClass;
  std::string joined;
  for (const std::string& name : found->second.classes) {
    joined += (joined.empty() ? "" : "+") + name;
  }
  return joined.empty() ? kMonitorClass : joined;
}

/// Alerts of nodes that it concerned before, and does not any more, are over like any other.
std::set<std::string> nodes_with_alerts(const std::vector<AlertRecord>& book) {
  std::set<std::string> nodes;
  for (const AlertRecord& record : book) nodes.insert(record.node);
  return nodes;
}

}  // namespace

void Troubles::raise(FindingKind kind, const std::string& reason, const std::string& detail,
                     std::vector<std::string> nodes) {
  const std::scoped_lock lock(mutex_);
  std::ranges::sort(nodes);
  now_[{kind, reason}] = {detail, std::move(nodes)};
  changed_.insert({kind, reason});
}

void Troubles::clear(FindingKind kind, const std::string& reason) {
  const std::scoped_lock lock(mutex_);
  now_.erase({kind, reason});
  // Also where it was not so before: an earlier process may have left an alert.
  changed_.insert({kind, reason});
}

std::vector<std::string> Troubles::lines() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> lines;
  for (const auto& [key, trouble] : now_) {
    lines.push_back(fmt::format("{} {}: {}", to_string(key.first), key.second, trouble.detail));
  }
  return lines;
}

Result<void> Troubles::keep(Store& store, const SeverityPolicy& severities,
                            const AlertPolicy& policy, const Inventory& inventory, WallTime now) {
  std::map<Key, Trouble> known;
  std::set<Key> changed;
  {
    const std::scoped_lock lock(mutex_);
    known = now_;
    changed.swap(changed_);
  }
  for (auto key = changed.begin(); key != changed.end(); ++key) {
    const auto& [kind, reason] = *key;
    std::vector<Finding> findings;
    if (const auto found = known.find(*key); found != known.end()) {
      const Finding finding = finding_of(kind, reason, found->second.detail);
      for (const std::string& node : found->second.nodes) {
        findings.push_back(finding);
        findings.back().node = node;
        findings.back().node_class = classes_of(node, inventory);
      }
      if (findings.empty()) findings.push_back(finding);
      for (Finding& each : findings) each.severity = severities.of(kind, {each.node_class});
    }
    const auto written = store.change_alerts([&](const auto& book) -> Result<AlertChanges> {
      return update_conditions(book, {.kinds = {kind}, .reason = reason}, findings,
                               nodes_with_alerts(book), policy, now);
    });
    if (written) continue;
    const std::scoped_lock lock(mutex_);
    changed_.insert(key, changed.end());
    return std::unexpected(written.error());
  }
  return {};
}

}  // namespace lockstep
