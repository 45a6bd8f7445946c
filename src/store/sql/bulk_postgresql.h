// Bulk rows by PostgreSQL's COPY.

#pragma once

#include <memory>

#include "store/sql/bulk.h"

namespace soci {
class session;
}

namespace lockstep {

/// `sql` is of PostgreSQL, may connect again, and must outlive the result.
std::unique_ptr<Bulk> make_postgresql_bulk(soci::session& sql);

}  // namespace lockstep
