#include "store/sql/service_places.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "store/sql/text.h"

namespace lockstep {
namespace {

bool is_mute(const ServiceObservation& seen) {
  return seen.service.answer == ServiceAnswer::unreachable ||
         seen.service.answer == ServiceAnswer::lost;
}

auto order_of(const ServicePlace& each) {
  const Place& place = each.place;
  return std::tie(place.node, place.network, place.address, place.protocol, each.port);
}

}  // namespace

ServicePlaces::ServicePlaces(std::span<const ServiceObservation> services, Which which) {
  for (const ServiceObservation& each : services) {
    if (is_mute(each) != (which == Which::mute)) continue;
    places_.push_back({{storable(each.node), storable(each.network), each.address.to_string(),
                        std::string(to_string(each.protocol))},
                       each.port,
                       &each});
  }
  std::ranges::sort(places_, [](const ServicePlace& a, const ServicePlace& b) {
    const auto order = order_of(a) <=> order_of(b);
    return order != 0 ? order < 0 : a.seen < b.seen;
  });
  // std::unique keeps the first of equals, and the last should stay.
  const auto doubled =
      std::unique(places_.rbegin(), places_.rend(),
                  [](const auto& a, const auto& b) { return order_of(a) == order_of(b); });
  places_.erase(places_.begin(), doubled.base());
}

std::optional<std::size_t> ServicePlaces::find(const PlaceView& place, Port port) {
  for (const std::size_t near : {last_, last_ + 1}) {
    if (near >= places_.size() || places_[near].port != port || !place.is(places_[near].place)) {
      continue;
    }
    last_ = near;
    return last_;
  }
  const auto wanted = std::tie(place.node, place.network, place.address, place.protocol, port);
  const auto found = std::ranges::lower_bound(
      places_, wanted, [](const auto& a, const auto& b) { return a < b; }, order_of);
  if (found == places_.end() || order_of(*found) != wanted) return std::nullopt;
  last_ = static_cast<std::size_t>(found - places_.begin());
  return last_;
}

std::vector<std::string_view> ServicePlaces::nodes() const {
  std::vector<std::string_view> names;
  for (const ServicePlace& each : places_) {
    if (names.empty() || names.back() != each.place.node) names.emplace_back(each.place.node);
  }
  return names;
}

}  // namespace lockstep
