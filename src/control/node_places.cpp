#include "control/node_places.h"

#include <algorithm>
#include <cstdint>

namespace lockstep::control {
namespace {

void raise(std::optional<Severity>& worst, Severity severity) {
  worst = std::max(worst.value_or(severity), severity);
}

}  // namespace

NodePlaces::NodePlaces(std::vector<NodeGlance>& nodes) {
  places_.reserve(nodes.size());
  for (NodeGlance& glance : nodes) places_.emplace(glance.node->name, &glance);
}

NodeGlance* NodePlaces::find(std::string_view name) const {
  const auto place = places_.find(name);
  return place == places_.end() ? nullptr : place->second;
}

void add_looks(const Looks& looks, const NodePlaces& places) {
  // Looks of a node stand together.
  for (auto from = looks.looks.begin(); from != looks.looks.end();) {
    const auto to = std::find_if(from, looks.looks.end(),
                                 [&](const Look& look) { return look.node != from->node; });
    const std::int64_t latest =
        std::ranges::max_element(from, to, {}, [](const Look& look) { return look.sweep; })->sweep;
    NodeGlance* const glance = places.find(from->node);
    for (; from != to; ++from) {
      if (glance == nullptr || from->sweep != latest) continue;
      const bool so_far = glance->sight != NodeSight::partial;
      glance->sight = so_far && from->proven() ? NodeSight::proven : NodeSight::partial;
      glance->looked = std::max(glance->looked.value_or(from->looked), from->looked);
    }
  }
}

void add_alerts(const std::vector<AlertRecord>& alerts, const NodePlaces& places, WallTime now) {
  for (const AlertRecord& alert : alerts) {
    const AlertStatus status = alert.status_at(now);
    if (status == AlertStatus::pending || status == AlertStatus::resolved) continue;
    NodeGlance* const glance = places.find(alert.node);
    if (glance == nullptr) continue;
    ++glance->alerts;
    glance->kinds |= static_cast<std::uint8_t>(theme_of(alert.subject.kind));
    const bool is_news = status == AlertStatus::open || status == AlertStatus::reopened;
    raise(is_news ? glance->worst : glance->muted, alert.severity);
  }
}

void count_nodes(ClusterView& view) {
  const auto count = [&](const auto& holds) {
    return static_cast<std::size_t>(std::ranges::count_if(view.nodes, holds));
  };
  view.listing.node_count = count([](const NodeGlance& glance) { return glance.alerts > 0; });
  view.listing.unproven = count(
      [](const NodeGlance& glance) { return glance.watched && glance.sight != NodeSight::proven; });
}

}  // namespace lockstep::control
