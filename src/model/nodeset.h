// Nodesets: sets of node names, written the way ClusterShell writes them.
//
//   node[001-512]          zeros in front are part of the name
//   n[1-4,9]x[0-3]         several dimensions
//   n[0-10/2]              steps
//   @gpu  @slurm:batch     groups, through a resolver given in; @* and @slurm:* are all nodes
//   a,b  a b               union; "a!b" difference; "a&b" intersection; "a^b" symmetric difference;
//                          all evaluated from left to right, without precedence
//
// Expansion, folding and order agree with `nodeset -e` and `nodeset -f` of ClusterShell 1.9.1;
// tests/nodesets/differential.py compares the two and lists the few deliberate differences.

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lockstep {

/// The nodeset text of a group: what "@SOURCE:GROUP" stands for. `source` is empty for the default
/// source; `group` is "*" for all nodes of the source. The text may name groups again: without a
/// source of their own they belong to the same source. An unknown group is `not_found`.
using GroupResolver =
    std::function<Result<std::string>(std::string_view source, std::string_view group)>;

struct NodesetOptions {
  /// The most nodes that one nodeset may have. Checked before a name is built.
  std::uint64_t max_nodes = 1'000'000;
  /// None: a group in the text is an error.
  GroupResolver resolve_group;
};

/// A set of node names. A plain value; safe to read from several threads.
class Nodeset {
 public:
  Nodeset() = default;
  /// Takes the names as they are, in any order; duplicates count once. Nothing is expanded.
  explicit Nodeset(std::vector<std::string> names);

  std::size_t size() const { return sorted_.size(); }
  bool empty() const { return sorted_.empty(); }
  /// O(log size).
  bool contains(std::string_view name) const;

  /// The names in the order of `nodeset -e`: by pattern, then by length and number; where several
  /// dimensions vary, in the order of the folded form.
  std::vector<std::string> names() const;
  /// The folded form: "node[1-3,7]"; empty for the empty set.
  std::string fold() const;
  /// The names in the order of their bytes. Valid as long as the set is neither changed nor gone.
  const std::vector<std::string>& sorted() const { return sorted_; }

  friend Nodeset operator|(const Nodeset& a, const Nodeset& b);  ///< union
  friend Nodeset operator&(const Nodeset& a, const Nodeset& b);  ///< intersection
  friend Nodeset operator-(const Nodeset& a, const Nodeset& b);  ///< difference; "!" in text
  friend Nodeset operator^(const Nodeset& a, const Nodeset& b);  ///< symmetric difference
  friend bool operator==(const Nodeset&, const Nodeset&) = default;

 private:
  std::vector<std::string> sorted_;  // by bytes, each once
};

/// Reads a nodeset. White space alone is the empty set. Errors are `invalid` (the message names the
/// character, counted from 1) or whatever the group resolver failed with. A name is printable
/// ASCII of at most 255 bytes, without operators, brackets and wildcards.
Result<Nodeset> parse_nodeset(std::string_view text, const NodesetOptions& options = {});

/// The folded form of names, in any order and with duplicates.
std::string fold_nodeset(std::span<const std::string> names);

}  // namespace lockstep
