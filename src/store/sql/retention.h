// What has been over for long goes.

#pragma once

#include "base/result.h"
#include "model/observation.h"
#include "store/sql/connection.h"
#include "store/store.h"

namespace lockstep {

/// Inside a transaction; see Store::prune(). Throws what the database reports; see guarded().
Result<Pruned> prune_all(Connection& connection, WallTime now, const Retention& retention);

}  // namespace lockstep
