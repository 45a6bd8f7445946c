// nodes, node_addresses, node_classes.

#pragma once

#include "base/result.h"
#include "model/node.h"
#include "store/sql/connection.h"

namespace lockstep {

/// Makes the tables say what `inventory` says, by writing what differs: of 10,000 nodes few change
/// from one sweep to the next. Inside a transaction. Errors: `invalid` for a name that is too long.
/// Throws what the database reports; see guarded().
Result<void> write_inventory(Connection& connection, const Inventory& inventory);

}  // namespace lockstep
