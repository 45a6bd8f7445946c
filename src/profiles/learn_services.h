// Learning what should answer on the ports of a profile.

#pragma once

#include <span>

#include "model/profile.h"
#include "model/service.h"

namespace lockstep {

/// Names what should answer on the ports of `profile`, by what nodes said there: the name that at
/// least `share` of those that spoke have in common, as in "ssh" or "ssl/http". `services` are
/// those of the class's nodes on the profile's network. Names alone: products and versions change
/// with every update, and those that differ from their clones' are found without a profile. Pure.
void learn_services(Profile& profile, std::span<const ServiceObservation> services, double share);

/// Ports of `learned` of which nothing was learned keep what `in_use` says of them.
void keep_services(Profile& learned, const Profile& in_use);

}  // namespace lockstep
