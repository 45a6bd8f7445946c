// A transaction that is undone unless it is committed.

#pragma once

#include "store/sql/connection.h"

namespace lockstep {

/// Throws what the database reports; see guarded().
class Transaction {
 public:
  /// A writer takes its lock at once: one that reads first and asks for the lock later can lose it
  /// to another writer without being allowed to wait. `connection` must outlive this object.
  Transaction(Connection& connection, Access access);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

}  // namespace lockstep
