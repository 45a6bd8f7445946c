// libpq's results as values that are freed, and its errors as the exceptions that SOCI throws.

#pragma once

#include <libpq-fe.h>

#include <memory>
#include <span>
#include <string>

namespace lockstep {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using LibpqResult = std::unique_ptr<PGresult, ClearResult>;

/// Whether the connection is lost, as far as this end can know without asking the server.
/// `connection` may be nullptr: then it is.
bool is_lost(PGconn* connection);

/// Returns `result` where it has one of the statuses that mean success; else throws
/// soci::postgresql_soci_error with the server's SQLSTATE, or "08006" where the connection broke.
LibpqResult checked(PGconn* connection, PGresult* result);

/// Runs statements without parameters.
LibpqResult run(PGconn* connection, const std::string& statements);

}  // namespace lockstep
