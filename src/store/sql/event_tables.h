// events: what happened, for those who listen.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "model/event.h"
#include "store/sql/connection.h"

namespace lockstep {

/// Gives them the next ids, whatever theirs are. Inside a transaction that writes: since there is
/// one at a time, no event is ever seen after one with a greater id. Throws what the database
/// reports; see guarded().
Result<void> add_events(Connection& connection, std::span<const Event> events);

/// Those after the one with id `after`, at most `limit`, ascending.
Result<std::vector<Event>> read_events(Connection& connection, std::int64_t after,
                                       std::size_t limit);
/// The greatest id; 0: nothing has happened.
std::int64_t read_latest_event(Connection& connection);

}  // namespace lockstep
