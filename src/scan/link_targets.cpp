#include "scan/link_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "base/text.h"
#include "scan/neighbours.h"
#include "scan/rates.h"

namespace lockstep::scan {
namespace {

/// Neighbour requests are broadcasts, which every node of the link has to look at.
constexpr double kNeighbourRequestsPerSecond = 1000;

void set_status(const ResultTable& table, std::uint32_t target, TargetStatus status) {
  table.target(target).status.store(status, std::memory_order_relaxed);
}

}  // namespace

double LinkTargets::rate(const Plan& plan) const {
  std::vector<std::uint32_t> indices;
  for (const RoutedTarget& target : targets) indices.push_back(target.index);
  const std::vector<double> rates = allocate_rates(plan, indices, plan.rate);
  return std::accumulate(rates.begin(), rates.end(), 0.0);
}

Result<std::vector<LinkTargets>> route_targets(net::Links& links, const Plan& plan,
                                               const ResultTable& table,
                                               const std::vector<std::uint32_t>& targets) {
  LOCKSTEP_TRY(const auto routes, links.routes(plan.interface));
  std::map<int, std::vector<RoutedTarget>> by_interface;
  for (const std::uint32_t target : targets) {
    const auto route = routes->route_to(plan.targets[target].address);
    if (!route) {
      set_status(table, target, TargetStatus::no_route);
    } else if (route->local) {
      set_status(table, target, TargetStatus::unsupported);
    } else {
      by_interface[route->interface_index].push_back({target, *route});
    }
  }
  std::vector<LinkTargets> usable;
  for (auto& [index, routed] : by_interface) {
    LOCKSTEP_TRY(net::Interface interface, links.interface(index));
    if (interface.ethernet && interface.up) {
      usable.push_back({std::move(interface), std::move(routed)});
      continue;
    }
    for (const RoutedTarget& target : routed) {
      set_status(table, target.index,
                 interface.up ? TargetStatus::unsupported : TargetStatus::no_route);
    }
  }
  return usable;
}

Result<std::vector<ReachableTarget>> find_neighbours(
    std::span<const std::unique_ptr<net::FrameIo>> ends, const LinkTargets& link, const Plan& plan,
    const ResultTable& table) {
  NeighbourRequests requests;
  for (const RoutedTarget& target : link.targets) {
    requests[target.route.next_hop(plan.targets[target.index].address)] = target.route.source;
  }
  const double pace = std::min(plan.rate.value(), kNeighbourRequestsPerSecond);
  LOCKSTEP_TRY(const auto macs,
               resolve_neighbours(ends, link.interface.mac, requests, pace, table.run().stop));
  std::vector<ReachableTarget> reachable;
  for (const RoutedTarget& target : link.targets) {
    const IpAddress& address = plan.targets[target.index].address;
    const IpAddress& next_hop = target.route.next_hop(address);
    const auto mac = macs.find(next_hop);
    if (mac != macs.end()) {
      reachable.push_back({target.index,
                           {link.interface.mac, mac->second, target.route.source, address},
                           next_hop});
    } else if (!table.run().stop) {
      set_status(table, target.index, TargetStatus::no_neighbour);
    }
  }
  return reachable;
}

Result<void> check_link(net::Links& links, const net::Interface& interface) {
  LOCKSTEP_TRY(const net::Interface now, links.interface(interface.index));
  if (now.up) return {};
  return fail(ErrorKind::unavailable, fmt::format("interface {} went down", quoted(now.name)));
}

}  // namespace lockstep::scan
