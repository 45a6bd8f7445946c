#include "store/sql/libpq.h"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

namespace lockstep {
namespace {

bool is_success(ExecStatusType status) {
  switch (status) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_COPY_IN: return true;
    default: return false;
  }
}

const char* sqlstate_of(PGconn* connection, const PGresult* result) {
  const char* const told = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (told != nullptr) return told;
  return is_lost(connection) ? "08006" : "     ";
}

}  // namespace

bool is_lost(PGconn* connection) {
  // The status alone is late: after a write that failed, libpq may report the error and wait with
  // the status until the end of the stream is read as well.
  return PQstatus(connection) == CONNECTION_BAD || PQconsumeInput(connection) == 0 ||
         PQstatus(connection) == CONNECTION_BAD;
}

LibpqResult checked(PGconn* connection, PGresult* result) {
  LibpqResult owned(result);
  // Without a result libpq had no memory for one, or no connection.
  if (result != nullptr && is_success(PQresultStatus(result))) return owned;
  const char* const told = result == nullptr ? "" : PQresultErrorMessage(result);
  throw soci::postgresql_soci_error(*told == '\0' ? PQerrorMessage(connection) : told,
                                    sqlstate_of(connection, result));
}

LibpqResult run(PGconn* connection, const std::string& statements) {
  return checked(connection, PQexec(connection, statements.c_str()));
}

}  // namespace lockstep
