// Many rows at once for MariaDB and MySQL: statements of many rows.

#pragma once

#include <cstddef>
#include <memory>

#include "store/sql/bulk.h"

namespace soci {
class session;
}

namespace lockstep {

/// `sql` is a session with such a server and must outlive the result. `most_bytes`, which is read
/// at each call, is the most that the server takes as one statement.
std::unique_ptr<Bulk> make_mariadb_bulk(soci::session& sql, const std::size_t& most_bytes);

}  // namespace lockstep
