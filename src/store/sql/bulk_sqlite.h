// Bulk rows by SQLite's own interface.

#pragma once

#include <memory>

#include "store/sql/bulk.h"

namespace soci {
class session;
}

namespace lockstep {

/// One prepared statement a call, bound and stepped row by row. `sql` is of SQLite, and must
/// outlive the result.
std::unique_ptr<Bulk> make_sqlite_bulk(soci::session& sql);

}  // namespace lockstep
