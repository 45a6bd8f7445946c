#include "store/sql/transaction.h"

#include <soci/soci.h>

namespace lockstep {

Transaction::Transaction(soci::session& sql) : sql_(sql) {
  sql_ << "BEGIN IMMEDIATE";
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    sql_ << "ROLLBACK";
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // The database has rolled back by itself, or will when the session closes.
  }
}

void Transaction::commit() {
  sql_ << "COMMIT";
  open_ = false;
}

}  // namespace lockstep
