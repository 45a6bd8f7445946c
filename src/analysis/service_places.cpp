#include "analysis/service_places.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace lockstep {

ServicePlaces::ServicePlaces(const JudgeInput& input) : input_(input) {
  if (input.services.empty()) return;
  for (const Node& node : input.nodes) nodes_.emplace(node.name, &node);
  for (const ServiceObservation& seen : input.services) {
    if (nodes_.contains(seen.node)) places_[place_of(seen)].push_back(&seen);
  }
}

std::span<const ServiceObservation* const> ServicePlaces::at(const ServicePlace& place) const {
  const auto found = places_.find(place);
  if (found == places_.end()) return {};
  return found->second;
}

const Node* ServicePlaces::node(std::string_view name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : found->second;
}

const std::set<std::string>& ServicePlaces::classes_of(std::string_view node) const {
  static const std::set<std::string> none;
  if (const Node* const own = this->node(node)) return own->classes;
  if (input_.inventory == nullptr) return none;
  const auto found = input_.inventory->nodes.find(std::string(node));
  return found == input_.inventory->nodes.end() ? none : found->second.classes;
}

Finding finding_at(const JudgeInput& input, FindingKind kind, const Node& node,
                   const ServiceObservation& seen) {
  Finding finding;
  finding.kind = kind;
  finding.severity = input.severities.of(kind, node.classes);
  finding.node_class = fmt::format("{}", fmt::join(node.classes, "+"));
  finding.node = node.name;
  finding.network = seen.network;
  finding.address = seen.address;
  finding.protocol = seen.protocol;
  finding.port = seen.port;
  return finding;
}

}  // namespace lockstep
