// A write transaction that is undone unless it is committed.

#pragma once

namespace soci {
class session;
}

namespace lockstep {

/// Throws what SOCI throws; see guarded().
class Transaction {
 public:
  /// Takes the lock for writing at once: a transaction that reads first and asks for the lock
  /// later can lose it to another writer without being allowed to wait.
  /// `sql` must outlive this object.
  explicit Transaction(soci::session& sql);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  soci::session& sql_;
  bool open_ = true;
};

}  // namespace lockstep
