// What a sweep heard of services, by place.

#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "analysis/judge.h"

namespace lockstep {

/// One port of a node on one network, whatever the address.
using ServicePlace = std::tuple<std::string_view, std::string_view, Protocol, Port>;

/// Of a ServiceObservation or a KnownKey, which must outlive it.
template <typename Fact>
ServicePlace place_of(const Fact& fact) {
  return {fact.node, fact.network, fact.protocol, fact.port};
}

class ServicePlaces {
 public:
  /// Facts about nodes that the sweep was not to examine are passed over. `input` must outlive the
  /// object.
  explicit ServicePlaces(const JudgeInput& input);

  /// Ascending, each with at least one observation.
  const std::map<ServicePlace, std::vector<const ServiceObservation*>>& all() const {
    return places_;
  }
  /// Empty where it was not asked.
  std::span<const ServiceObservation* const> at(const ServicePlace& place) const;
  /// Null where the sweep was not to examine it.
  const Node* node(std::string_view name) const;
  /// The classes of any node; empty where nobody knows it.
  const std::set<std::string>& classes_of(std::string_view node) const;

 private:
  const JudgeInput& input_;
  std::map<std::string_view, const Node*> nodes_;
  std::map<ServicePlace, std::vector<const ServiceObservation*>> places_;
};

/// A finding about one port; the kind's usual severity, and no text but the class's.
Finding finding_at(const JudgeInput& input, FindingKind kind, const Node& node,
                   const ServiceObservation& seen);

}  // namespace lockstep
