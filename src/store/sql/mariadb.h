// MariaDB and MySQL databases, set up so that an acknowledged write stays.

#pragma once

#include <chrono>
#include <memory>

#include "base/result.h"
#include "store/sql/connection.h"
#include "store/sql/mariadb_url.h"

namespace lockstep {

/// Connects to `target`. Writers wait for one another, and for rows that a hand has locked, up to
/// `busy_timeout` (for rows: in whole seconds, 1 at least). A connection that broke is made again,
/// once, when the next transaction begins; one that breaks under a COMMIT is made again to see what
/// became of it. Errors: `unavailable`, `denied`, `not_found` (the database), `unsupported` (a
/// server that does not write what it acknowledges, or is too old), `invalid`.
Result<std::unique_ptr<Connection>> open_mariadb(const MariadbTarget& target,
                                                 std::chrono::milliseconds busy_timeout);

}  // namespace lockstep
