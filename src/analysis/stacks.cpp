#include "analysis/stacks.h"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep {

std::string_view Stacks::Half::usual() const {
  if (nodes < kFewestStacks) return {};
  const auto most =
      std::ranges::max_element(looks, {}, [](const auto& look) { return look.second; });
  return most->second * 100 >= nodes * kStackAgreement ? most->first : std::string_view();
}

Stacks::Group Stacks::group_of(const View& view, const Coverage& coverage, Port port) {
  return {view.node->classes, view.network, coverage.address.is_v6(), port};
}

Stacks::Stacks(const Views& views) {
  for (const auto& [key, view] : views.all()) {
    if (view.protocol != Protocol::tcp || view.node->classes.empty()) continue;
    for (const Coverage* const coverage : view.coverage) {
      const StackLook& stack = coverage->stack;
      if (!stack.syn_ack.empty()) {
        Half& half = syn_acks_[group_of(view, *coverage, stack.port)];
        ++half.looks[stack.syn_ack];
        ++half.nodes;
      }
      if (!stack.rst.empty()) {
        Half& half = resets_[group_of(view, *coverage, 0)];
        ++half.looks[stack.rst];
        ++half.nodes;
      }
    }
  }
}

Stacks::Verdict Stacks::of(const View& view, const Coverage& coverage) const {
  if (view.protocol != Protocol::tcp || view.node->classes.empty()) return Verdict::not_compared;
  Verdict verdict = Verdict::not_compared;
  const auto compare = [&](const std::map<Group, Half>& halves, Port port,
                           const std::string& look) {
    const auto half = halves.find(group_of(view, coverage, port));
    if (look.empty() || half == halves.end()) return;
    const std::string_view usual = half->second.usual();
    if (usual.empty()) return;
    verdict = std::max(verdict, look == usual ? Verdict::as_clones : Verdict::differs);
  };
  compare(syn_acks_, coverage.stack.port, coverage.stack.syn_ack);
  compare(resets_, 0, coverage.stack.rst);
  return verdict;
}

std::string Stacks::difference(const View& view, const Coverage& coverage) const {
  std::string own;
  std::string clones;
  const auto add = [&](const std::map<Group, Half>& halves, Port port, const std::string& look,
                       std::string_view name) {
    const auto half = halves.find(group_of(view, coverage, port));
    if (look.empty() || half == halves.end()) return;
    const std::string_view usual = half->second.usual();
    if (usual.empty() || usual == look) return;
    own += fmt::format("{}{}: {}", own.empty() ? "" : "; ", name, look);
    clones += fmt::format("{}{}: {}", clones.empty() ? "" : "; ", name, usual);
  };
  add(syn_acks_, coverage.stack.port, coverage.stack.syn_ack, "SYN-ACK");
  add(resets_, 0, coverage.stack.rst, "RST");
  return fmt::format("its TCP/IP stack answers with {}, its clones' with {}", own, clones);
}

}  // namespace lockstep
