// Whether nodes prove who they are by the keys that are known of them. Pure.
//
//   hostkey-changed      critical  an SSH host key is not the one known of its type, or none is
//                                  known though others are
//   hostkey-shared       critical  another node shows the same key, and no policy lets it
//   certificate-changed  high      a TLS server has another key; low where it has a new certificate
//                                  for the same
//   node-rebuilt         info      all keys of a port are new, by the policy `boot`
// What is seen first is known from then on, where the answer holds together; so is a new
// certificate for a known key, a key of another type beside known ones, and what a node of policy
// `boot` shows. Of policy `shared`, each key that a node of the class is known by counts for all of
// them; before any is known, what nearly all of them show.

#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "analysis/service_places.h"

namespace lockstep {

struct KeyVerdict {
  std::vector<Finding> findings;  ///< in no order
  std::vector<KnownKey> learned;  ///< to be known beside the others
  /// Nodes that were built anew, and all that is to be known of them from now on.
  std::map<std::string, std::vector<KnownKey>> rebuilt;
};

KeyVerdict judge_keys(const JudgeInput& input, const ServicePlaces& places);

/// Takes away what was learned where something else answers than should: an impostor that is there
/// at the first look would be known from then on. What is informational does not count.
void leave_out_misfits(std::vector<KnownKey>& learned, std::span<const Finding> findings);

/// All that `seen` proves itself by, by type; `since` as given.
std::vector<KnownKey> keys_of(const ServiceObservation& seen, WallTime since);

}  // namespace lockstep
