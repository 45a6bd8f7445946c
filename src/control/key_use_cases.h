// The keys of nodes, for a person: what they are known by, and accepting others.

#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/profile_use_cases.h"
#include "model/service.h"
#include "store/store.h"

namespace lockstep::control {

/// One key that a node is known by, or shows, or both.
struct KeyRow {
  KnownKey key;  ///< of one that is not known, `since` is when it was seen
  bool known = false;
  bool seen = false;  ///< the latest look at its port showed it
};

/// Ascending by place and type. `nodes`: of these alone; empty: of all.
Result<std::vector<KeyRow>> list_keys(Store& store, const std::set<std::string>& nodes);

enum class AcceptWhat {
  seen,  ///< what the latest look at each port showed, in place of what was known of that port
  next,  ///< what the next look shows, whatever it is: nothing is known until then
};

struct AcceptReport {
  std::vector<KeyRow> rows;            ///< of the nodes, as they are afterwards
  std::size_t accepted = 0;            ///< keys that were not known before
  std::size_t forgotten = 0;           ///< keys that are not known any more
  std::vector<std::int64_t> resolved;  ///< alerts about changed keys that are over with it
};

/// For nodes that were installed again. Ends the alerts of these nodes about keys that changed; not
/// those about keys that nodes share. `read` are the fingerprints that the person has read; empty:
/// he takes whatever is seen. Errors: `not_found` where nothing is known of a node; `invalid` where
/// one of them shows a key that is neither known nor read, and then none is taken.
Result<AcceptReport> accept_keys(Store& store, const std::set<std::string>& nodes, AcceptWhat what,
                                 const Act& act, const std::set<std::string>& read = {});

}  // namespace lockstep::control
