// looks.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "model/sweep_info.h"
#include "store/sql/connection.h"
#include "store/sql/seen_places.h"
#include "store/sql/sweep_tables.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// Errors: `corrupt`.
Result<Looks> read_looks(Connection& connection);
/// Of these nodes alone.
Result<Looks> read_looks(Connection& connection, std::span<const std::string> nodes);

/// Writes the looks of `sweep` at what was covered, at `now`. A look that did not examine all keeps
/// the time of the one that did. Where `seen` has its nodes staged; see staged_nodes.h.
/// Errors: `invalid` for a text that is too long; `corrupt`.
Result<void> write_looks(Connection& connection, const StoredSweep& sweep, SeenPlaces& seen,
                         WallTime now);

/// Which ports of which places some sweep before had examined.
class ExaminedBefore {
 public:
  bool empty() const { return looks_.empty(); }
  bool has(const SeenPlace& place, Protocol protocol, Port port) const;

 private:
  friend Result<ExaminedBefore> read_examined_before(Connection& connection, std::int64_t sweep,
                                                     SeenPlaces& seen);

  std::vector<PortSets> sets_;
  std::unordered_map<const SeenPlace*, std::vector<std::size_t>> looks_;
};

/// Before `sweep`, of the places of `seen`, whose nodes are staged. Errors: `corrupt`.
Result<ExaminedBefore> read_examined_before(Connection& connection, std::int64_t sweep,
                                            SeenPlaces& seen);

}  // namespace lockstep
