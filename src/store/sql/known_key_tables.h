// known_keys.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/service.h"
#include "store/sql/connection.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// Ascending by node, network, protocol, port, type, sha256. Errors: `corrupt`.
Result<std::vector<KnownKey>> read_known_keys(Connection& connection);

/// Adds those whose place, type and sha256 are not known; of two such, the older one. Errors:
/// `invalid` for a node, a network or a person whose name is too long.
Result<void> add_known_keys(Connection& connection, std::span<const KnownKey> keys);

/// Makes `keys` all that is known of these nodes. Errors: `invalid` as for add_known_keys(), and
/// where a key is of no such node.
Result<void> write_known_keys(Connection& connection, const std::vector<std::string>& nodes,
                              std::span<const KnownKey> keys);

}  // namespace lockstep
