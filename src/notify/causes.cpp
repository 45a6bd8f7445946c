#include "notify/causes.h"

#include <algorithm>
#include <string_view>

namespace lockstep::notify {
namespace {

using Silence = std::pair<WallTime, std::string>;  // since when, which node

std::string group_of(const AlertRecord& record, const Policy& policy) {
  if (record.subject.kind != FindingKind::node_unreachable) return {};
  const auto found = policy.group_of.find(record.node);
  return found == policy.group_of.end() ? std::string() : found->second;
}

/// Whether so many nodes fell silent within the time, whatever came before and after.
bool together(std::vector<Silence>& silences, const GroupRule& rule) {
  std::ranges::sort(silences);
  for (std::size_t first = 0; first < silences.size(); ++first) {
    std::set<std::string_view> nodes;
    for (std::size_t i = first; i < silences.size(); ++i) {
      if (silences[i].first - silences[first].first > rule.within) break;
      nodes.insert(silences[i].second);
      if (nodes.size() >= rule.nodes) return true;
    }
  }
  return false;
}

/// A group that was told as one stays one until all of its nodes are back.
std::set<std::string> known_groups(const NoticeBook& book) {
  std::set<std::string> groups;
  for (const Notice& notice : book.notices) {
    const std::string_view cause = notice.cause;
    if (cause.starts_with(kGroupCause) && notice.state != NoticeState::over) {
      groups.emplace(cause.substr(std::string_view(kGroupCause).size()));
    }
  }
  return groups;
}

std::set<std::string> silent_groups(const NoticeBook& book, const Policy& policy) {
  std::set<std::string> groups = known_groups(book);
  if (policy.groups.nodes == 0) return groups;
  std::map<std::string, std::vector<Silence>> silences;
  for (const AlertRecord& record : book.alerts) {
    const std::string group = counts(record) ? group_of(record, policy) : std::string();
    if (!group.empty()) silences[group].emplace_back(record.changed, record.node);
  }
  for (auto& [group, times] : silences) {
    if (together(times, policy.groups)) groups.insert(group);
  }
  return groups;
}

}  // namespace

bool counts(const AlertRecord& record) {
  return record.status != AlertStatus::pending && record.status != AlertStatus::resolved;
}

Causes find_causes(const NoticeBook& book, const Policy& policy) {
  const std::set<std::string> groups = silent_groups(book, policy);
  Causes causes;
  for (const AlertRecord& record : book.alerts) {
    if (!counts(record)) continue;
    const std::string name = alert_name(record.id);
    causes.alive.insert(name);
    const std::string group = group_of(record, policy);
    const bool as_group = !group.empty() && groups.contains(group);
    causes.records[as_group ? kGroupCause + group : name].push_back(&record);
    if (record.subject.kind == FindingKind::node_unreachable) {
      causes.away.emplace(record.node, record.subject.network);
      causes.away.emplace(record.node, "");
    }
  }
  return causes;
}

}  // namespace lockstep::notify
