#include "analysis/version_drift.h"

#include <algorithm>

#include "analysis/service_judge.h"
#include "profiles/service_text.h"

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

std::vector<std::string> VersionDrift::usual(const ServiceObservation& seen) const {
  const auto group = group_of(seen);
  const auto found = group ? groups_.find(*group) : groups_.end();
  if (found == groups_.end()) return {};
  std::size_t all = 0;
  std::vector<std::pair<std::size_t, std::string_view>> versions;  // by how many have them
  for (const auto& [version, holders] : found->second) {
    all += holders.size();
    versions.emplace_back(holders.size(), version);
  }
  if (all < kLeastVersions) return {};
  std::ranges::sort(versions, std::greater{});
  const auto agreed = [&](std::size_t nodes) {
    return nodes * 100 >= all * kVersionConsensusPercent;
  };
  const auto [most, first] = versions.front();
  if (agreed(most)) return {std::string(first)};
  // One node is no generation.
  if (versions.size() < 2 || versions[1].first < 2 || !agreed(most + versions[1].first)) return {};
  std::vector<std::string> both = {std::string(first), std::string(versions[1].second)};
  std::ranges::sort(both, [](const auto& a, const auto& b) { return compare_versions(a, b) < 0; });
  return both;
}

}  // namespace lockstep
