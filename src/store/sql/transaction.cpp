#include "store/sql/transaction.h"

namespace lockstep {

Transaction::Transaction(Connection& connection, Access access) : connection_(connection) {
  connection_.begin(access);
}

Transaction::~Transaction() {
  if (open_) connection_.rollback();
}

void Transaction::commit() {
  connection_.commit();
  open_ = false;
}

}  // namespace lockstep
