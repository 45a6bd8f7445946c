// What tables hold, as a number that says whether two of them hold the same.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/sql/bulk.h"

namespace lockstep {

/// Whatever the order of rows: the sum of their hashes (SHA-256, in four numbers).
class ContentsHash {
 public:
  /// Texts as storable() has them.
  void add(Fields row);

  std::uint64_t rows() const { return rows_; }
  /// 64 hexadecimal digits.
  std::string text() const;

 private:
  std::array<std::uint64_t, 4> sum_{};
  std::uint64_t rows_ = 0;
  std::string bytes_;  // of a row, kept for its memory
};

}  // namespace lockstep
