#include "analysis/stacks.h"

#include <algorithm>

namespace lockstep {

void Stacks::Tally::add(const Node& node) {
  if (latest == &node) return;
  latest = &node;
  ++nodes;
}

Stacks::Stacks(const Views& views) {
  for (const auto& [key, view] : views.all()) {
    if (view.node->classes.empty() || view.protocol != Protocol::tcp) continue;
    for (const Coverage* const each : view.coverage) {
      count(view, *each, Half::syn_ack, each->stack.syn_ack);
      count(view, *each, Half::rst, each->stack.rst);
    }
  }
}

Stacks::Group Stacks::group_of(const View& view, const Coverage& coverage, Half half,
                               const StackReply& reply) {
  return {view.node->classes, view.network, coverage.address.is_v4(), half, reply.port};
}

void Stacks::count(const View& view, const Coverage& coverage, Half half,
                   const std::optional<StackReply>& reply) {
  if (!reply) return;
  Counted& counted = groups_[group_of(view, coverage, half, *reply)];
  counted.all.add(*view.node);
  counted.by_reply[*reply].add(*view.node);
}

void Stacks::judge(const Group& group, const StackReply& reply,
                   std::optional<StackReply> StackSignature::*half, StackVerdict& verdict) const {
  const auto found = groups_.find(group);
  if (found == groups_.end() || found->second.all.nodes < kLeastStacks) return;
  const auto& [all, by_reply] = found->second;
  // More than one, where each node has several addresses that look different.
  const auto is_usual = [&](const Tally& tally) {
    return tally.nodes * 100 >= all.nodes * kStackConsensusPercent;
  };
  const auto usual =
      std::ranges::max_element(by_reply, {}, [](const auto& entry) { return entry.second.nodes; });
  if (!is_usual(usual->second)) return;
  verdict.compared.*half = reply;
  if (is_usual(by_reply.at(reply))) return;
  verdict.differing.*half = reply;
  verdict.clones.*half = usual->first;
}

StackVerdict Stacks::of(const View& view, const Coverage& coverage) const {
  StackVerdict verdict;
  if (const auto& reply = coverage.stack.syn_ack) {
    judge(group_of(view, coverage, Half::syn_ack, *reply), *reply, &StackSignature::syn_ack,
          verdict);
  }
  if (const auto& reply = coverage.stack.rst) {
    judge(group_of(view, coverage, Half::rst, *reply), *reply, &StackSignature::rst, verdict);
  }
  return verdict;
}

}  // namespace lockstep
