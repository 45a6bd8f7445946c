#include "services/probe_order.h"

#include <algorithm>

namespace lockstep::services {
namespace {

bool has_service(const ServiceProbe& probe, std::string_view service) {
  return std::ranges::any_of(probe.signatures, [service](const Signature& signature) {
    return signature.service == service;
  });
}

bool lists(const ServiceProbe& probe, Port port, bool tls) {
  return (tls ? probe.tls_ports : probe.ports).contains(port);
}

}  // namespace

bool can_tell(const ProbeSet& set, const ServiceProbe& probe, std::string_view service) {
  if (has_service(probe, service)) return true;
  return std::ranges::any_of(probe.fallbacks, [&](const std::string& name) {
    const ServiceProbe* const other = set.find(probe.protocol, name);
    return other != nullptr && has_service(*other, service);
  });
}

const ServiceProbe* probe_for(const ProbeSet& set, Protocol protocol, Port port, bool tls,
                              std::string_view service) {
  const ServiceProbe* best = nullptr;
  const auto rank = [&](const ServiceProbe& probe) {
    return lists(probe, port, tls) || lists(probe, port, false) ? 0 : probe.listens() ? 1 : 2;
  };
  for (const ServiceProbe& probe : set.probes) {
    if (probe.protocol != protocol || !has_service(probe, service)) continue;
    if (best == nullptr || rank(probe) < rank(*best)) best = &probe;
  }
  if (best != nullptr) return best;
  const auto listed = std::ranges::find_if(set.probes, [&](const ServiceProbe& probe) {
    return probe.protocol == protocol && !probe.payload.empty() && lists(probe, port, tls);
  });
  return listed == set.probes.end() ? nullptr : &*listed;
}

std::vector<const ServiceProbe*> search_order(const ProbeSet& set, Protocol protocol, Port port,
                                              bool tls) {
  std::vector<const ServiceProbe*> order;
  const auto add = [&](auto&& wanted) {
    for (const ServiceProbe& probe : set.probes) {
      if (probe.protocol == protocol && wanted(probe) &&
          std::ranges::find(order, &probe) == order.end()) {
        order.push_back(&probe);
      }
    }
  };
  add([](const ServiceProbe& probe) { return probe.listens(); });
  add([&](const ServiceProbe& probe) { return lists(probe, port, tls); });
  // Within TLS, and where a port carries TLS by custom, what the port carries otherwise is likely
  // too.
  add([&](const ServiceProbe& probe) { return tls && lists(probe, port, false); });
  add([](const ServiceProbe& probe) {
    return probe.rarity <= kMostRarity && !probe.payload.empty();
  });
  return order;
}

}  // namespace lockstep::services
