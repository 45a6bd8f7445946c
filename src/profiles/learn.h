// Learning what a class should look like: from one node that is trusted to look right, or from what
// nearly all of its nodes show.

#pragma once

#include <span>
#include <string>
#include <vector>

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

/// When what nodes have in common is what their class should look like.
struct ConsensusRule {
  double share = 0.98;  ///< of the nodes that were examined in full, above 0.5 and at most 1
  std::size_t least_nodes = 4;  ///< that must have been examined in full
};

/// What a sweep saw of a class on one network; the rest is passed over.
struct ConsensusInput {
  std::span<const Node> nodes;  ///< those of the class alone count
  const std::string& node_class;
  const std::string& network;
  std::span<const PortObservation> observations;
  std::span<const Coverage> coverage;
};

struct Consensus {
  Profile profile;
  std::size_t voters = 0;   ///< nodes that were examined in full
  std::size_t members = 0;  ///< nodes of the class with an address on the network
  /// What was left out: "4444/tcp is open on 2 of 8 nodes: node[3,7]", and who had no vote.
  std::vector<std::string> outliers;
};

/// Each port that at least `share` of the voters show. Errors: `invalid` where the class is smaller
/// than the rule wants; `unavailable` where too few of its nodes, or less than half of them, were
/// examined in full; `not_found` where they have nothing in common. Pure.
Result<Consensus> learn_by_consensus(const ConsensusInput& input, const ConsensusRule& rule);

}  // namespace lockstep
