#include "profiles/learn_services.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace lockstep {
namespace {

using Place = std::pair<Port, Protocol>;

std::string name_of(const Service& service) {
  return service.tls ? "ssl/" + service.name : service.name;
}

}  // namespace

void learn_services(Profile& profile, std::span<const ServiceObservation> services, double share) {
  std::map<Place, std::set<std::string>> spoke;
  std::map<Place, std::map<std::string, std::set<std::string>>> said;  // nodes by name
  for (const ServiceObservation& seen : services) {
    const Service& service = seen.service;
    if (service.answer != ServiceAnswer::spoke || service.doubt != ServiceDoubt::none) continue;
    const Place place{seen.port, seen.protocol};
    spoke[place].insert(seen.node);
    if (!service.name.empty()) said[place][name_of(service)].insert(seen.node);
  }
  for (ExpectedPort& port : profile.ports) {
    const Place place{port.port, port.protocol};
    const auto names = said.find(place);
    if (names == said.end()) continue;
    const auto most = std::ranges::max_element(
        names->second, {}, [](const auto& entry) { return entry.second.size(); });
    const double needed = share * static_cast<double>(spoke[place].size()) - 1e-9;
    const bool agreed = static_cast<double>(most->second.size()) >= std::ceil(needed);
    if (agreed && most->first.size() <= kMaxServiceBytes) port.service = most->first;
  }
}

void keep_services(Profile& learned, const Profile& in_use) {
  for (ExpectedPort& port : learned.ports) {
    if (!port.service.empty()) continue;
    const auto known = std::ranges::find_if(in_use.ports, [&](const ExpectedPort& each) {
      return each.port == port.port && each.protocol == port.protocol;
    });
    if (known == in_use.ports.end()) continue;
    port.service = known->service;
    port.service_rule = known->service_rule;
  }
}

}  // namespace lockstep
