// PostgreSQL databases, set up so that an acknowledged write stays.

#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/sql/connection.h"

namespace lockstep {

/// Connects as `url` says; see complete_url(). Writers wait for one another, and for rows that a
/// hand has locked, up to `busy_timeout`. A connection that broke is made again, once, when the
/// next transaction begins; one that breaks under a COMMIT is made again to ask what became of it.
/// Errors: `unavailable`, `denied`, `not_found` (the database), `unsupported` (its encoding is not
/// UTF8).
Result<std::unique_ptr<Connection>> open_postgresql(const std::string& url,
                                                    std::chrono::milliseconds busy_timeout);

}  // namespace lockstep
