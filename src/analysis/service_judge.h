// Whether services are what the profile says. Pure.
//
//   service-mismatch  high    what answers does not fit `service`, or does not hold together: an
//                             SSH server that exchanges no keys, one that answers a second
//                             connection otherwise, one that makes its reader fail. Critical where
//                             it gives a shell or is a proxy for any connection. Informational
//                             where what is expected has no signature.
//   service-silent    medium  accepts connections and says nothing; of TCP alone
//   version-drift     medium  of another product or version than most of its clones, or, where the
//                             profile does not check it, another service; low where it is a newer
//                             version
// A port whose `service` is empty may answer what its clones do, but no shell; and where no
// connection could be made nothing is known. Versions are compared of nodes with the same classes,
// at the same port, of the same product, and not where the profile names it; in the middle of an
// upgrade the clones have two.

#pragma once

#include <vector>

#include "analysis/service_places.h"

namespace lockstep {

/// So many nodes must have told their version before it can be said how the class is, and so many
/// of a hundred must have it, or one of the two that most have.
inline constexpr std::size_t kLeastVersions = 4;
inline constexpr std::size_t kVersionConsensusPercent = 80;

/// In no order.
std::vector<Finding> judge_services(const JudgeInput& input, const ServicePlaces& places);

/// Findings of this kind are about what answers on a port of a node, or its keys.
bool is_about_service(FindingKind kind);

}  // namespace lockstep
