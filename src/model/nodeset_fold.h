// How names become "r[1-4]n[01-16]": the inner half of nodeset.h.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

/// A box of indexes: one set of index texts an axis, each ascending by index_less(). It stands for
/// each combination of them.
using IndexBox = std::vector<std::vector<std::string>>;

/// All names of one pattern. "r1n2" and "r3n4" share the literals "r", "n", "" and have two axes.
struct FoldedPattern {
  std::vector<std::string> literals;  ///< one more than there are axes
  std::vector<IndexBox> boxes;        ///< in order of output; one empty box where there is no axis
};

/// The names sorted by pattern and united into boxes. Duplicates count once.
std::vector<FoldedPattern> fold_patterns(std::span<const std::string> names);

/// Ascending by length, then by text: by number for indexes without zeros in front.
bool index_less(std::string_view a, std::string_view b);

/// "1-3,7" of the indexes of one axis: unique, at least one, ascending by index_less().
std::string fold_indexes(std::span<const std::string> indexes);

/// Unites points into few boxes. `coordinates` holds `axes` index texts a point, point after point;
/// `axes` is 2 at least; duplicates count once. The result is that of ClusterShell's greedy
/// folding, which is not always the smallest.
std::vector<IndexBox> fold_boxes(std::span<const std::string_view> coordinates, std::size_t axes);

}  // namespace lockstep
