// What is learned of what was seen.

#pragma once

#include <span>
#include <vector>

#include "model/observation.h"

namespace lockstep {

/// The observations that stand for a listener, in their order: ports that are open, and UDP ports
/// that stay silent where closed ones answer, since many services answer no stranger. Not so the
/// silent ones of an address that has more than a few, which a firewall stands before, nor those
/// that are ephemeral, which clients use. Borrows. Pure.
std::vector<const PortObservation*> listeners_of(std::span<const PortObservation> observations);

}  // namespace lockstep
