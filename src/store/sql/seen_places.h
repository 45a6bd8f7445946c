// What a sweep saw, by place: the shape in which it is compared with what is stored.

#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/observation.h"

namespace lockstep {

/// Where ports are, as the texts that stand in the tables.
struct Place {
  std::string node;
  std::string network;
  std::string address;
  std::string protocol;

  friend auto operator<=>(const Place&, const Place&) = default;
};

/// The same, as views into a row.
struct PlaceView {
  std::string_view node;
  std::string_view network;
  std::string_view address;
  std::string_view protocol;

  bool is(const Place& place) const {
    return address == place.address && node == place.node && network == place.network &&
           protocol == place.protocol;
  }
};

struct SeenPort {
  Port port = 0;
  PortState state = PortState::open;
  Evidence evidence = Evidence::syn_ack;
  bool stored = false;  ///< what is stored has it too

  friend auto operator<=>(const SeenPort&, const SeenPort&) = default;
};

struct SeenPlace {
  Place place;
  const Coverage* coverage = nullptr;  ///< the last about it; none: nullptr
  bool examined = false;               ///< in full: what is not among the ports is closed
  std::vector<SeenPort> ports;         ///< ascending, each once; open or filtered

  SeenPort* find(Port port);
};

/// Not for several threads.
class SeenPlaces {
 public:
  enum class Reach {
    open_ports,  ///< no place counts as examined, and open ports alone count
    all,         ///< open ports count, and all of what was seen of places examined in full
  };

  /// `coverage` is borrowed for the life of this object. A port that is named twice is open where
  /// one of them says so.
  SeenPlaces(std::span<const PortObservation> observations, std::span<const Coverage> coverage,
             Reach reach);

  /// Ascending.
  std::vector<SeenPlace>& places() { return places_; }
  /// Quick where the place is that of the call before. nullptr: it was not seen.
  SeenPlace* find(const PlaceView& place);
  /// The names of their nodes, ascending, each once.
  std::vector<std::string_view> nodes() const;

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void add(const Coverage& coverage);
  void add(const PortObservation& observation, Reach reach);
  SeenPlace& at(const PortObservation& seen);
  SeenPlace& at(const std::string& node, const std::string& network, const IpAddress& address,
                Protocol protocol);
  void sort();
  void index();

  std::vector<SeenPlace> places_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> by_key_;
  std::string key_;                          // of the latest search, kept for its memory
  std::size_t last_ = 0;                     // where the latest search ended
  const PortObservation* latest_ = nullptr;  // that was added; reports come address by address
};

}  // namespace lockstep
