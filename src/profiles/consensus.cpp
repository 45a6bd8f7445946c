#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/text.h"
#include "model/nodeset.h"
#include "profiles/learn.h"
#include "profiles/listeners.h"

namespace lockstep {
namespace {

using Names = std::set<std::string>;
using PortKey = std::pair<Port, Protocol>;

std::string folded(const Names& names) {
  return fold_nodeset(std::vector<std::string>(names.begin(), names.end()));
}

bool on_network(const Node& node, const std::string& network) {
  return node.addresses.empty() || std::ranges::any_of(node.addresses, [&](const auto& address) {
           return address.network == network;
         });
}

/// Who is of the class, who was examined, and what each port's friends are.
class Poll {
 public:
  explicit Poll(const ConsensusInput& input) : input_(input) {
    for (const Node& node : input.nodes) {
      if (node.classes.contains(input.node_class) && on_network(node, input.network)) {
        members_.insert(node.name);
      }
    }
    count_voters();
    for (const PortObservation* const seen : listeners_of(input.observations)) {
      if (seen->network != input.network) continue;
      if (voters_.contains(seen->node)) votes_[{seen->port, seen->protocol}].insert(seen->node);
    }
  }

  Result<void> check(const ConsensusRule& rule) const {
    if (members_.size() < rule.least_nodes) {
      return fail(ErrorKind::invalid,
                  fmt::format("class {} has {} on network {}, and a consensus takes {}: learn from "
                              "a node that you trust (--from NODE)",
                              quoted(input_.node_class), count(members_.size()),
                              quoted(input_.network), rule.least_nodes));
    }
    const std::size_t least = std::max(rule.least_nodes, (members_.size() + 1) / 2);
    if (voters_.size() >= least) return {};
    return fail(ErrorKind::unavailable,
                fmt::format("only {} of {} of class {} could be examined in full, and a consensus "
                            "takes {}; not examined: {}",
                            voters_.size(), count(members_.size()), quoted(input_.node_class),
                            least, folded(silent())));
  }

  Result<Consensus> result(const ConsensusRule& rule) const {
    Consensus consensus;
    consensus.profile.host_type = host_type(input_.node_class, input_.network);
    consensus.voters = voters_.size();
    consensus.members = members_.size();
    const auto needed = static_cast<std::size_t>(
        std::ceil(rule.share * static_cast<double>(voters_.size()) - 1e-9));
    for (const auto& [key, friends] : votes_) {
      if (friends.size() >= needed)
        consensus.profile.ports.push_back({key.first, key.second, "", ""});
      if (friends.size() < voters_.size()) {
        consensus.outliers.push_back(outlier(key, friends, friends.size() >= needed));
      }
    }
    if (const Names without = silent(); !without.empty()) {
      consensus.outliers.push_back(
          fmt::format("no vote, since not examined in full: {}", folded(without)));
    }
    if (!consensus.profile.ports.empty()) return consensus;
    return fail(ErrorKind::not_found,
                fmt::format("the nodes of class {} have no open port in common on network {}",
                            quoted(input_.node_class), quoted(input_.network)));
  }

 private:
  static std::string count(std::size_t nodes) {
    return fmt::format("{} node{}", with_thousands(nodes), nodes == 1 ? "" : "s");
  }

  /// A node has a vote if every address of it on the network was examined in full.
  void count_voters() {
    Names seen;
    Names incomplete;
    for (const Coverage& coverage : input_.coverage) {
      if (coverage.network != input_.network) continue;
      seen.insert(coverage.node);
      if (!coverage.examined()) incomplete.insert(coverage.node);
    }
    for (const std::string& member : members_) {
      if (seen.contains(member) && !incomplete.contains(member)) voters_.insert(member);
    }
  }

  Names silent() const {
    Names without;
    std::ranges::set_difference(members_, voters_, std::inserter(without, without.end()));
    return without;
  }

  /// Names whoever is in the minority: those are the nodes to look at.
  std::string outlier(const PortKey& key, const Names& friends, bool learned) const {
    const bool rare = friends.size() * 2 <= voters_.size();
    Names others;
    std::ranges::set_difference(voters_, friends, std::inserter(others, others.end()));
    return fmt::format("{}/{} is open on {} of {}: {} {}; {}", key.first, to_string(key.second),
                       friends.size(), count(voters_.size()), rare ? "on" : "not on",
                       folded(rare ? friends : others), learned ? "learned" : "not learned");
  }

  const ConsensusInput& input_;
  Names members_;
  Names voters_;
  std::map<PortKey, Names> votes_;
};

}  // namespace

Result<Consensus> learn_by_consensus(const ConsensusInput& input, const ConsensusRule& rule) {
  const Poll poll(input);
  LOCKSTEP_CHECK(poll.check(rule));
  return poll.result(rule);
}

}  // namespace lockstep
