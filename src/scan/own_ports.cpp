#include "scan/own_ports.h"

#include <fmt/format.h>

#include <algorithm>

#include "scan/packet_link.h"
#include "scan/udp_payloads.h"

namespace lockstep::scan {
namespace {

/// So many ports of ours ask by UDP: a forged answer has to know which.
constexpr std::size_t kUdpPorts = 16;

}  // namespace

Result<OwnPorts> OwnPorts::reserve(net::Links& links, const Plan& plan) {
  OwnPorts own;
  const bool udp = plan.protocol == Protocol::udp;
  for (std::size_t i = 0; i < (udp ? kUdpPorts : 1); ++i) {
    LOCKSTEP_TRY(const Port port, own.hold(links, plan.protocol));
    own.ports_.usual.push_back(port);
  }
  if (!udp) return own;
  for (const Port asked : plan.ports) {
    if (!std::ranges::any_of(udp_payloads(asked), &UdpPayload::answers_from_other_port)) continue;
    LOCKSTEP_TRY(own.ports_.for_moving[asked], own.hold(links, plan.protocol));
  }
  return own;
}

std::unique_ptr<ProbeLink> OwnPorts::make_link(net::Interface interface, const Plan& plan) const {
  if (plan.protocol == Protocol::tcp) {
    return std::make_unique<PacketLink>(std::move(interface), ports_.usual.front(), plan.key);
  }
  return std::make_unique<UdpLink>(std::move(interface), ports_, plan.sources, plan.key);
}

Result<Port> OwnPorts::hold(net::Links& links, Protocol protocol) {
  LOCKSTEP_TRY(net::ReservedPort held, links.reserve_port(protocol));
  held_.push_back(std::move(held));
  return held_.back().port;
}

Result<void> check_sources(net::Links& links, const Plan& plan) {
  if (plan.sources.empty()) return {};
  LOCKSTEP_TRY(const auto routes, links.routes(""));
  for (const IpAddress& source : plan.sources) {
    const auto route = routes->route_to(source);
    if (route && route->local) continue;
    return fail(ErrorKind::invalid,
                fmt::format("source address {} is no address of this machine; add it to the "
                            "interface (ip address add), or take it out of [scan] source_addresses",
                            source.to_string()));
  }
  return {};
}

}  // namespace lockstep::scan
