// port_states.

#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "model/sweep_info.h"
#include "store/sql/connection.h"
#include "store/sql/seen_places.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// Ascending by node, network, address, protocol, port. Errors: `corrupt`.
Result<std::vector<PortFact>> read_port_states(Connection& connection);

/// When states were seen.
struct StateMoment {
  std::int64_t sweep = 0;
  WallTime now{};
};

/// Brings the stored states to what was seen, by writing what differs. A port that is
/// stored and was not seen is taken away where its place was examined and `asked` has it. What
/// became otherwise is noted (port_change_tables.h). Needs the nodes of `seen` staged; see
/// staged_nodes.h. Errors: `invalid` for a text that is too long; `corrupt`.
Result<void> update_port_states(Connection& connection, SeenPlaces& seen, const PortSets& asked,
                                const StateMoment& moment);

}  // namespace lockstep
