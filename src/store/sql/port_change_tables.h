// port_changes: when a port became something else.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/past.h"
#include "store/sql/connection.h"
#include "store/sql/seen_places.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

struct SeenChange {
  const SeenPlace* place = nullptr;
  Port port = 0;
  PortState state = PortState::open;
  PortState was = PortState::open;
};

/// Notes what changed, each port of a place once. Of a place with a great many of them, as where a
/// firewall came up, some are noted: those from open or to open first. Reorders `changes`. Errors:
/// `invalid` for a text that is too long.
Result<void> write_port_changes(Connection& connection, std::vector<SeenChange>& changes,
                                WallTime now);

/// As Store::port_changes(). Errors: `corrupt`.
Result<std::vector<PortChange>> read_port_changes(Connection& connection, const std::string& node,
                                                  const Period& period, std::size_t limit);

/// Before that time no change was noted. Errors: `corrupt`.
Result<std::optional<WallTime>> read_past_begins(Connection& connection);

}  // namespace lockstep
