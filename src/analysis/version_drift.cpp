#include "analysis/version_drift.h"

#include <algorithm>

#include "analysis/service_judge.h"
#include "profiles/service_text.h"

namespace lockstep {

namespace {

/// What nearly all have, or the two that nearly all have; in no order.
std::vector<std::string> usual_of(
    const std::map<std::string, std::set<std::string_view>, std::less<>>& holders) {
  std::size_t all = 0;
  std::vector<std::pair<std::size_t, std::string_view>> values;  // by how many have them
  for (const auto& [value, nodes] : holders) {
    all += nodes.size();
    values.emplace_back(nodes.size(), value);
  }
  if (all < kLeastVersions) return {};
  std::ranges::sort(values, std::greater{});
  const auto agreed = [&](std::size_t nodes) {
    return nodes * 100 >= all * kVersionConsensusPercent;
  };
  const auto [most, first] = values.front();
  if (agreed(most)) return {std::string(first)};
  // One node is no generation.
  if (values.size() < 2 || values[1].first < 2 || !agreed(most + values[1].first)) return {};
  return {std::string(first), std::string(values[1].second)};
}

void settle(auto& groups) {
  for (auto& [group, clones] : groups) {
    clones.usual = usual_of(clones.holders);
    clones.holders.clear();
  }
}

std::vector<std::string> usual_in(const auto& groups, const auto& key) {
  const auto found = groups.find(key);
  return found == groups.end() ? std::vector<std::string>() : found->second.usual;
}

}  // namespace

VersionDrift::VersionDrift(const JudgeInput& input, const ServicePlaces& places) : places_(places) {
  for (const auto& [place, seen] : places.all()) {
    for (const ServiceObservation* const each : seen) count(*each);
  }
  if (names_.empty()) return;  // nobody will ask
  for (const ServiceFact& fact : input.service_facts) {
    if (places.at(place_of(fact.seen)).empty()) count(fact.seen);
  }
  settle(names_);
  settle(products_);
  settle(versions_);
}

std::optional<VersionDrift::Place> VersionDrift::place_of_clones(
    const ServiceObservation& seen) const {
  const std::set<std::string>& classes = places_.classes_of(seen.node);
  if (classes.empty()) return std::nullopt;
  return Place{classes, seen.network, seen.protocol, seen.port};
}

void VersionDrift::count(const ServiceObservation& seen) {
  const Service& service = seen.service;
  if (service.name.empty() || service.doubt != ServiceDoubt::none) return;
  const auto place = place_of_clones(seen);
  if (!place) return;
  names_[*place].holders[name_text(service)].insert(seen.node);
  products_[{*place, service.tls, service.name, ""}].holders[service.product].insert(seen.node);
  if (service.product.empty() || service.version.empty()) return;
  versions_[{*place, service.tls, service.name, service.product}].holders[service.version].insert(
      seen.node);
}

std::vector<std::string> VersionDrift::usual(const ServiceObservation& seen) const {
  const Service& service = seen.service;
  if (service.product.empty() || service.version.empty()) return {};
  const auto place = place_of_clones(seen);
  if (!place) return {};
  std::vector<std::string> versions =
      usual_in(versions_, Group{*place, service.tls, service.name, service.product});
  std::ranges::sort(versions,
                    [](const auto& a, const auto& b) { return compare_versions(a, b) < 0; });
  return versions;
}

std::vector<std::string> VersionDrift::usual_products(const ServiceObservation& seen) const {
  const auto place = place_of_clones(seen);
  if (!place) return {};
  std::vector<std::string> products =
      usual_in(products_, Group{*place, seen.service.tls, seen.service.name, ""});
  if (std::ranges::find(products, "") != products.end()) return {};
  return products;
}

std::vector<std::string> VersionDrift::usual_names(const ServiceObservation& seen) const {
  const auto place = place_of_clones(seen);
  return place ? usual_in(names_, *place) : std::vector<std::string>();
}

}  // namespace lockstep
