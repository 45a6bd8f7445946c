#include "control/cluster_view.h"

#include <algorithm>
#include <string_view>

#include "control/node_places.h"

namespace lockstep::control {

std::string_view to_string(NodeSight sight) {
  switch (sight) {
    case NodeSight::never: return "never";
    case NodeSight::partial: return "partial";
    case NodeSight::proven: return "proven";
  }
  return "unknown";
}

AlertTheme theme_of(FindingKind kind) {
  switch (kind) {
    case FindingKind::unexpected_port:
    case FindingKind::transient_port:
    case FindingKind::unexpected_filtered:
    case FindingKind::missing_port: return AlertTheme::ports;
    case FindingKind::service_mismatch:
    case FindingKind::service_silent:
    case FindingKind::version_drift:
    case FindingKind::hostkey_changed:
    case FindingKind::hostkey_shared:
    case FindingKind::certificate_changed:
    case FindingKind::node_rebuilt: return AlertTheme::services;
    case FindingKind::node_unreachable:
    case FindingKind::coverage_gap:
    case FindingKind::scan_overdue: return AlertTheme::coverage;
    case FindingKind::value_deviates: return AlertTheme::values;
    case FindingKind::orphan_listener: return AlertTheme::jobs;
    case FindingKind::profile_changed:
    case FindingKind::stack_mismatch:
    case FindingKind::collector_failed:
    case FindingKind::sweep_late:
    case FindingKind::scheduler_unavailable:
    case FindingKind::clock_stepped: return AlertTheme::others;
  }
  return AlertTheme::others;
}

const std::string& ViewRow::text(std::string (*write)(const AlertRow&)) const {
  std::call_once(once_, [&] { text_ = write(row_); });
  return text_;
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
  std::vector<AlertRow> rows = fold_alerts(view->alerts, {}, now);
  view->listing = describe_alerts({}, grounds, {}, now);
  view->listing.watched = watched.size();
  for (AlertRow& row : rows) {
    view->rows.push_back(std::make_shared<const ViewRow>(std::move(row)));
  }

  view->nodes.reserve(view->inventory->nodes.size());
  for (const auto& [name, node] : view->inventory->nodes) view->nodes.push_back({.node = &node});
  const NodePlaces places(view->nodes);
  for (const std::string& name : watched) {
    NodeGlance* const glance = places.find(name);
    if (glance != nullptr) glance->watched = true;
  }
  add_looks(grounds.looks, places);
  add_alerts(view->alerts, places, now);
  count_nodes(*view);
  return view;
}

}  // namespace lockstep::control
