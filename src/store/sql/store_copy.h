// All that a store holds, copied into another: from one database to another, into a file, and back.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lockstep {

/// What a table holds, whatever the order of its rows.
struct TableContents {
  std::string table;
  std::uint64_t rows = 0;
  std::string hash;  ///< 64 hexadecimal digits

  friend bool operator==(const TableContents&, const TableContents&) = default;
};
using StoreContents = std::vector<TableContents>;

/// What the store at `url` holds at one moment. Errors: as of copy_store() for `from`.
Result<StoreContents> read_contents(std::string_view url);

/// Copies all rows of the store at `from` into that at `to`, in one transaction, and compares both
/// before it commits. Nothing is written to `from`, which others may use meanwhile: what is copied
/// is its state at one moment. Returns what there is now. Errors: `invalid` where `to` holds
/// something already, or a text is too long for it; `unsupported` where `from` has not the newest
/// schema; `corrupt` where both differ in the end; those of open_store().
Result<StoreContents> copy_store(std::string_view from, std::string_view to);

/// Copies the store at `from` into the new file `path`, together with what it has to hold. The file
/// is there once it is whole. Errors: `invalid` where there is such a file already, or `path` is
/// not absolute; those of copy_store().
Result<StoreContents> backup_store(std::string_view from, const std::string& path);

/// What the backup at `path` holds. Errors: `corrupt` where that is not what it has to hold;
/// `invalid` where it is no backup.
Result<StoreContents> verify_backup(const std::string& path);

/// verify_backup(), then copies it into the store at `to`. Errors: of both.
Result<StoreContents> restore_store(const std::string& path, std::string_view to);

}  // namespace lockstep
