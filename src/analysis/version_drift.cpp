#include "analysis/version_drift.h"

#include <algorithm>

#include "analysis/service_judge.h"

namespace lockstep {

VersionDrift::VersionDrift(const JudgeInput& input, const ServicePlaces& places) : places_(places) {
  for (const auto& [place, seen] : places.all()) {
    for (const ServiceObservation* const each : seen) count(*each);
  }
  if (groups_.empty()) return;  // nobody will ask
  for (const ServiceFact& fact : input.service_facts) {
    if (places.at(place_of(fact.seen)).empty()) count(fact.seen);
  }
}

std::optional<VersionDrift::Group> VersionDrift::group_of(const ServiceObservation& seen) const {
  if (seen.service.product.empty() || seen.service.version.empty()) return std::nullopt;
  const std::set<std::string>& classes = places_.classes_of(seen.node);
  if (classes.empty()) return std::nullopt;
  return Group{classes,   seen.network,      seen.protocol,
               seen.port, seen.service.name, seen.service.product};
}

void VersionDrift::count(const ServiceObservation& seen) {
  const auto group = group_of(seen);
  if (group) groups_[*group][seen.service.version].insert(seen.node);
}

std::optional<std::string> VersionDrift::usual(const ServiceObservation& seen) const {
  const auto group = group_of(seen);
  const auto found = group ? groups_.find(*group) : groups_.end();
  if (found == groups_.end()) return std::nullopt;
  std::size_t all = 0;
  const Holders::value_type* most = nullptr;
  for (const auto& entry : found->second) {
    all += entry.second.size();
    if (most == nullptr || entry.second.size() > most->second.size()) most = &entry;
  }
  const bool agreed =
      all >= kLeastVersions && most->second.size() * 100 >= all * kVersionConsensusPercent;
  if (!agreed) return std::nullopt;
  return std::string(most->first);
}

}  // namespace lockstep
