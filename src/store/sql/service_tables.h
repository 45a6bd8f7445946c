// services.

#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "model/service.h"
#include "store/sql/connection.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// Ascending by node, network, address, protocol, port; with their keys, without their banners.
/// Errors: `corrupt`.
Result<std::vector<ServiceFact>> read_services(Connection& connection);
/// Those of one node, with their banners. Errors: `corrupt`.
Result<std::vector<ServiceFact>> read_services_of(Connection& connection, const std::string& node);

/// Writes what was said at `now`, and the keys of it; see Store::finish_sweep(). Errors: `invalid`
/// for the name of a node or a network that is too long.
Result<void> write_services(Connection& connection, std::span<const ServiceObservation> services,
                            WallTime now);

}  // namespace lockstep
