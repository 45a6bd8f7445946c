#include "profiles/listeners.h"

#include <map>

namespace lockstep {
namespace {

/// More silent UDP ports than that are a firewall's.
constexpr std::size_t kMostSilent = 64;

bool is_silent(const PortObservation& seen) {
  return seen.protocol == Protocol::udp && seen.state == PortState::open_filtered;
}

}  // namespace

std::vector<const PortObservation*> listeners_of(std::span<const PortObservation> observations) {
  std::map<IpAddress, std::size_t> silent;
  for (const PortObservation& seen : observations) {
    if (is_silent(seen)) ++silent[seen.address];
  }
  std::vector<const PortObservation*> listeners;
  for (const PortObservation& seen : observations) {
    const bool quiet =
        is_silent(seen) && !is_ephemeral(seen.port) && silent[seen.address] <= kMostSilent;
    if (seen.state == PortState::open || quiet) listeners.push_back(&seen);
  }
  return listeners;
}

}  // namespace lockstep
