// One operand of a nodeset, such as "r[1-4]n[01-16]": read, counted, and only then expanded.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace lockstep {

/// The longest node name, in bytes; DNS names have 253 at most (RFC 1035, 2.3.4).
inline constexpr std::size_t kMaxNodeNameBytes = 255;
/// The most digits of one number in a name (ClusterShell's limit is 10^100).
inline constexpr std::size_t kMaxIndexDigits = 100;
/// The most numbers in a name, which are the dimensions of folding.
inline constexpr std::size_t kMaxIndexesInName = 32;

/// first, first + step, ...: `count` numbers as text. Padded where `first` is.
struct IndexRange {
  std::string first;
  std::uint64_t step = 1;
  std::uint64_t count = 1;
};

/// An operand taken apart. Its names are all combinations of its parts.
class NodesetPattern {
 public:
  /// Reads the whole of `text`, which has no operator and no white space outside of brackets.
  /// `column` is the place of its first character in what the user wrote, counted from 1; errors
  /// name it. A leading "@" is that of a group; then "*" and ":" may follow.
  static Result<NodesetPattern> parse(std::string_view text, std::size_t column);

  /// How many names expand() makes, duplicates included; saturates at 2^64 - 1.
  std::uint64_t count() const;

  /// All names, the last bracket fastest. The caller checks count() first.
  std::vector<std::string> expand() const;

 private:
  using Ranges = std::vector<IndexRange>;
  std::vector<std::variant<std::string, Ranges>> parts_;
};

}  // namespace lockstep
