// Which service the clones of a node have on a port, which product, and which version of it.

#pragma once

#include <functional>
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
  /// Likewise the product, of a service of the same name; empty also where most have told none.
  std::vector<std::string> usual_products(const ServiceObservation& seen) const;
  /// Likewise the name: "ssh", "ssl/http".
  std::vector<std::string> usual_names(const ServiceObservation& seen) const;

 private:
  using Place = std::tuple<std::set<std::string>, std::string_view, Protocol, Port>;
  using Group = std::tuple<Place, bool, std::string_view, std::string_view>;
  /// Nodes by version, product, or name.
  using Holders = std::map<std::string, std::set<std::string_view>, std::less<>>;
  struct Clones {
    Holders holders;                 ///< until all are counted
    std::vector<std::string> usual;  ///< computed once: each node may have a value of its own
  };

  std::optional<Place> place_of_clones(const ServiceObservation& seen) const;
  void count(const ServiceObservation& seen);

  const ServicePlaces& places_;
  std::map<Place, Clones> names_;
  std::map<Group, Clones> products_;  // the last part of the group is empty
  std::map<Group, Clones> versions_;
};

}  // namespace lockstep
