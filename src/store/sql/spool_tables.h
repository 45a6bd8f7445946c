// spool_marks: how far the spools of daemons were replayed.

#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "store/sql/connection.h"
#include "store/store.h"

namespace lockstep {

/// 0 where there is none.
Result<std::int64_t> read_spool_mark(Connection& connection, const std::string& spool);
/// In place of an earlier one of the same spool. Inside the transaction of what it marks.
Result<void> write_spool_mark(Connection& connection, const SpoolMark& mark);

}  // namespace lockstep
