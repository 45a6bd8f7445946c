// SQLite files, set up so that an acknowledged write stays.

#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/sql/connection.h"

namespace lockstep {

/// Opens the database at `path`, or makes a new one that only its owner may read and write.
/// Write-ahead log, each commit synchronised, foreign keys enforced. Waits up to `busy_timeout`
/// for locks of others, here and in each later call. Errors: `invalid`, `not_found` (the folder),
/// `denied`, `corrupt` (not a database), `unavailable`, `unsupported` (no write-ahead log there).
Result<std::unique_ptr<Connection>> open_sqlite(const std::string& path,
                                                std::chrono::milliseconds busy_timeout);

}  // namespace lockstep
