// Learning what a class should look like from one node that is trusted to look right.

#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "model/node.h"
#include "model/observation.h"
#include "model/profile.h"

namespace lockstep {

/// What a sweep saw. All of it is borrowed for the call; what is not about `node` on `network`
/// is passed over.
struct LearnInput {
  const Node& node;
  const std::string& node_class;
  const std::string& network;
  std::span<const PortObservation> observations;
  std::span<const Coverage> coverage;
};

/// The profile of the class on that network: each port that is open on any address of the node.
/// Services stay unchecked, since the number of a port only lets one guess at what listens;
/// filtered ports are not learned, since silence says nothing about the port behind it.
/// Errors: `invalid` where the node is not of the class; `unavailable` where an address of it was
/// not examined in full; `not_found` where nothing is open. Pure.
Result<Profile> learn_from_node(const LearnInput& input);

}  // namespace lockstep
