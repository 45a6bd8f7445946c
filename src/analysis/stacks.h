// Whether a node's TCP stack answers as those of its clones: a node with another system, or with
// other network settings, shows it in every SYN-ACK and RST. docs/decisions/0015 says why so.
//
// Compared is what addresses of one family show on one network, of nodes with the same classes; of
// SYN-ACKs those of one port, since daemons differ. Each half of a signature is compared by itself:
// an address that lacks a half, or whose lowest open port is another one, does not differ in it.

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "analysis/views.h"
#include "model/stack_signature.h"

namespace lockstep {

/// So many nodes must have shown a half before it can be said how the class looks, and so many of
/// a hundred must look so.
inline constexpr std::size_t kLeastStacks = 4;
inline constexpr std::size_t kStackConsensusPercent = 80;

/// One address beside its clones.
struct StackVerdict {
  StackSignature compared;  ///< the halves of which it is known how the class looks
  StackSignature differing;
  StackSignature clones;  ///< the class's halves that belong to `differing`
};

class Stacks {
 public:
  /// `views` must outlive the object.
  explicit Stacks(const Views& views);

  /// `coverage` is one of `view`.
  StackVerdict of(const View& view, const Coverage& coverage) const;

 private:
  enum class Half : std::uint8_t { syn_ack, rst };
  using Group = std::tuple<std::set<std::string>, std::string_view, bool, Half, Port>;

  /// Nodes, each once however many addresses it has; they come node by node.
  struct Tally {
    std::size_t nodes = 0;
    const Node* latest = nullptr;
    void add(const Node& node);
  };
  struct Counted {
    Tally all;
    std::map<StackReply, Tally> by_reply;
  };

  static Group group_of(const View& view, const Coverage& coverage, Half half,
                        const StackReply& reply);
  void count(const View& view, const Coverage& coverage, Half half,
             const std::optional<StackReply>& reply);
  void judge(const Group& group, const StackReply& reply,
             std::optional<StackReply> StackSignature::*half, StackVerdict& verdict) const;

  std::map<Group, Counted> groups_;
};

}  // namespace lockstep
