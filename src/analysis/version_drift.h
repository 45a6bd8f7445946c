// Which version of a service the clones of a node have.

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "analysis/service_places.h"

namespace lockstep {

class VersionDrift {
 public:
  /// Counts what the sweep heard, and of places that it did not ask what was kept. Both arguments
  /// must outlive the object.
  VersionDrift(const JudgeInput& input, const ServicePlaces& places);

  /// The version that nearly all clones of the node have of the same product at the same port, or
  /// the two, in the middle of an upgrade; ascending. Empty where too few have told theirs, or too
  /// few agree.
  std::vector<std::string> usual(const ServiceObservation& seen) const;

 private:
  using Group = std::tuple<std::set<std::string>, std::string_view, Protocol, Port,
                           std::string_view, std::string_view>;
  /// By version.
  using Holders = std::map<std::string_view, std::set<std::string_view>>;

  std::optional<Group> group_of(const ServiceObservation& seen) const;
  void count(const ServiceObservation& seen);

  const ServicePlaces& places_;
  std::map<Group, Holders> groups_;
};

}  // namespace lockstep
