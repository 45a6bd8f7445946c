#include "store/sql/seen_places.h"

#include <algorithm>

#include "store/sql/text.h"

namespace lockstep {
namespace {

/// NUL stands in no storable text, so that different places have different keys.
void make_key(const PlaceView& place, std::string& key) {
  key.assign(place.node);
  for (const std::string_view part : {place.network, place.address, place.protocol}) {
    key += '\0';
    key += part;
  }
}

PlaceView view_of(const Place& place) {
  return {place.node, place.network, place.address, place.protocol};
}

}  // namespace

SeenPort* SeenPlace::find(Port port) {
  const auto found = std::ranges::lower_bound(ports, port, {}, &SeenPort::port);
  return found != ports.end() && found->port == port ? &*found : nullptr;
}

SeenPlaces::SeenPlaces(std::span<const PortObservation> observations,
                       std::span<const Coverage> coverage, Reach reach) {
  for (const Coverage& each : coverage) {
    add(each);
    if (reach == Reach::open_ports) places_[last_].examined = false;
  }
  for (const PortObservation& each : observations) add(each, reach);
  latest_ = nullptr;
  sort();
  index();
}

SeenPlace* SeenPlaces::find(const PlaceView& place) {
  if (last_ < places_.size() && place.is(places_[last_].place)) return &places_[last_];
  make_key(place, key_);
  const auto found = by_key_.find(key_);
  if (found == by_key_.end()) return nullptr;
  last_ = found->second;
  return &places_[last_];
}

std::vector<std::string_view> SeenPlaces::nodes() const {
  std::vector<std::string_view> names;
  for (const SeenPlace& each : places_) {
    if (names.empty() || names.back() != each.place.node) names.emplace_back(each.place.node);
  }
  return names;
}

void SeenPlaces::add(const Coverage& coverage) {
  SeenPlace& place = at(coverage.node, coverage.network, coverage.address, coverage.protocol);
  place.coverage = &coverage;
  place.examined = coverage.examined();
}

void SeenPlaces::add(const PortObservation& observation, Reach reach) {
  if (observation.state == PortState::closed) return;
  SeenPlace& place = at(observation);
  const bool all = reach == Reach::all && place.examined;
  if (!all && observation.state != PortState::open) return;
  place.ports.push_back({observation.port, observation.state, observation.evidence});
}

SeenPlace& SeenPlaces::at(const PortObservation& seen) {
  const bool same = latest_ != nullptr && latest_->address == seen.address &&
                    latest_->node == seen.node && latest_->network == seen.network &&
                    latest_->protocol == seen.protocol;
  latest_ = &seen;
  return same ? places_[last_] : at(seen.node, seen.network, seen.address, seen.protocol);
}

SeenPlace& SeenPlaces::at(const std::string& node, const std::string& network,
                          const IpAddress& address, Protocol protocol) {
  Place place{storable(node), storable(network), address.to_string(),
              std::string(to_string(protocol))};
  if (SeenPlace* const found = find(view_of(place))) return *found;
  last_ = places_.size();
  by_key_.emplace(key_, last_);
  SeenPlace& added = places_.emplace_back();
  added.place = std::move(place);
  return added;
}

void SeenPlaces::sort() {
  std::ranges::sort(places_, {}, &SeenPlace::place);
  for (SeenPlace& each : places_) {
    std::ranges::sort(each.ports);
    const auto doubled = std::ranges::unique(each.ports, {}, &SeenPort::port);
    each.ports.erase(doubled.begin(), doubled.end());
  }
}

void SeenPlaces::index() {
  by_key_.clear();
  last_ = 0;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    make_key(view_of(places_[i].place), key_);
    by_key_.emplace(key_, i);
  }
}

}  // namespace lockstep
