// What services said in a sweep, by place: the shape in which it is written, and compared with what
// is stored.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "model/service.h"
#include "store/sql/seen_places.h"

namespace lockstep {

struct ServicePlace {
  Place place;
  Port port = 0;
  const ServiceObservation* seen = nullptr;
};

/// Not for several threads.
class ServicePlaces {
 public:
  enum class Which {
    telling,  ///< those who listen have said something, if only by saying nothing
    mute,     ///< nothing is known of who listens: unreachable, or the answer was lost
  };

  /// `services` are borrowed for the life of this object. Of two of one place, the last counts.
  ServicePlaces(std::span<const ServiceObservation> services, Which which);

  /// Ascending, each place once.
  const std::vector<ServicePlace>& all() const { return places_; }
  /// The index in all(); nothing where it was not asked. Quick for places in their order.
  std::optional<std::size_t> find(const PlaceView& place, Port port);
  /// The names of their nodes, ascending, each once.
  std::vector<std::string_view> nodes() const;

 private:
  std::vector<ServicePlace> places_;
  std::size_t last_ = 0;  // where the latest search ended
};

}  // namespace lockstep
