#include "control/cluster_view.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace lockstep::control {
namespace {

using Places = std::unordered_map<std::string_view, NodeGlance*>;

NodeGlance* find(const Places& places, std::string_view name) {
  const auto place = places.find(name);
  return place == places.end() ? nullptr : place->second;
}

/// Looks of earlier sweeps do not count: an address may be another node's by now.
void add_looks(const Looks& looks, const Places& places) {
  std::unordered_map<std::string_view, std::int64_t> latest;
  for (const Look& look : looks.looks) {
    std::int64_t& sweep = latest[look.node];
    sweep = std::max(sweep, look.sweep);
  }
  for (const Look& look : looks.looks) {
    NodeGlance* const glance = find(places, look.node);
    if (glance == nullptr || look.sweep != latest[look.node]) continue;
    const bool so_far = glance->sight != NodeSight::partial;
    glance->sight = so_far && look.proven() ? NodeSight::proven : NodeSight::partial;
    glance->looked = std::max(glance->looked.value_or(look.looked), look.looked);
  }
}

void add_alerts(const std::vector<AlertRecord>& alerts, const Places& places, WallTime now) {
  const auto raise = [](std::optional<Severity>& worst, Severity severity) {
    worst = std::max(worst.value_or(severity), severity);
  };
  for (const AlertRecord& alert : alerts) {
    NodeGlance* const glance = find(places, alert.node);
    const AlertStatus status = alert.status_at(now);
    if (glance == nullptr || status == AlertStatus::pending || status == AlertStatus::resolved) {
      continue;
    }
    ++glance->alerts;
    const bool is_news = status == AlertStatus::open || status == AlertStatus::reopened;
    raise(is_news ? glance->worst : glance->muted, alert.severity);
  }
}

}  // namespace

std::string_view to_string(NodeSight sight) {
  switch (sight) {
    case NodeSight::never: return "never";
    case NodeSight::partial: return "partial";
    case NodeSight::proven: return "proven";
  }
  return "unknown";
}

Result<std::shared_ptr<const ClusterView>> make_view(Store& store,
                                                     std::shared_ptr<const Inventory> inventory,
                                                     const std::vector<std::string>& watched,
                                                     WallTime now) {
  auto view = std::make_shared<ClusterView>();
  // First: what happens from here on counts as not seen yet.
  LOCKSTEP_TRY(view->event, store.latest_event());
  view->made = now;
  view->inventory = std::move(inventory);
  LOCKSTEP_TRY(view->alerts, store.alerts());
  LOCKSTEP_TRY(const Grounds grounds, read_grounds(store));
  view->listing = describe_alerts(fold_alerts(view->alerts, {}, now), grounds, watched, now);

  view->nodes.reserve(view->inventory->nodes.size());
  for (const auto& [name, node] : view->inventory->nodes) view->nodes.push_back({.node = &node});
  Places places;
  places.reserve(view->nodes.size());
  for (NodeGlance& glance : view->nodes) places.emplace(glance.node->name, &glance);
  for (const std::string& name : watched) {
    NodeGlance* const glance = find(places, name);
    if (glance != nullptr) glance->watched = true;
  }
  add_looks(grounds.looks, places);
  add_alerts(view->alerts, places, now);
  return view;
}

}  // namespace lockstep::control
