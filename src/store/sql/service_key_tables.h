// service_keys: what services of the table `services` proved themselves by.

#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/service.h"
#include "store/sql/connection.h"
#include "store/sql/service_places.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// The bounds of the columns `type` and `sha256`, in known_keys too: a key must read the same from
/// both.
inline constexpr std::size_t kMostKeyTypeBytes = 100;
inline constexpr std::size_t kMostFingerprintBytes = 100;

/// Adds their keys to `facts`, which are ascending by place; keys of other places are left out.
/// `where` chooses the rows that are read, " WHERE ..."; empty: all. Errors: `corrupt`.
Result<void> read_service_keys(Connection& connection, std::string_view where,
                               std::vector<ServiceFact>& facts);

/// Brings the stored keys of these places to what was seen there, by writing what differs. Stages
/// their nodes by itself; see staged_nodes.h. Errors: `invalid` for the name of a node that is too
/// long.
Result<void> update_service_keys(Connection& connection, ServicePlaces& places);

}  // namespace lockstep
