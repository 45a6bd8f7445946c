#include "sweep/due.h"

#include <algorithm>
#include <set>
#include <utility>

namespace lockstep {
namespace {

void add_blocks(const PortSet& ports, Protocol protocol, std::size_t most,
                std::vector<PortSets>& blocks) {
  std::size_t in_block = most;
  for (const Port port : ports.to_vector()) {
    if (in_block == most) {
      blocks.emplace_back();
      in_block = 0;
    }
    blocks.back().of(protocol).insert(port);
    ++in_block;
  }
}

bool lies_within(const PortSets& block, const PortSets& asked) {
  return std::ranges::all_of(kProtocols, [&](Protocol protocol) {
    const PortSet& wanted = block.of(protocol);
    return (wanted & asked.of(protocol)) == wanted;
  });
}

bool has_protocol(const PortSets& block, Protocol protocol) {
  return !block.of(protocol).empty();
}

/// Broken off, so that it has to be tried again.
bool is_broken_off(CoverageGap gap) {
  return gap == CoverageGap::interrupted || gap == CoverageGap::left;
}

std::optional<WallTime> earlier(const std::optional<WallTime>& a,
                                const std::optional<WallTime>& b) {
  return a && b ? std::optional(std::min(*a, *b)) : std::nullopt;
}

LastLook earlier(const LastLook& a, const LastLook& b) {
  return {earlier(a.attempted, b.attempted), earlier(a.examined, b.examined)};
}

void take_later(LastLook& last, const Look& look) {
  if (!is_broken_off(look.gap)) {
    last.attempted = std::max(last.attempted.value_or(look.looked), look.looked);
  }
  if (look.examined)
    last.examined = std::max(last.examined.value_or(*look.examined), *look.examined);
}

}  // namespace

std::vector<PortSets> blocks_of(const PortSets& ports) {
  std::vector<PortSets> blocks;
  add_blocks(ports.of(Protocol::tcp), Protocol::tcp, kBlockPorts, blocks);
  add_blocks(ports.of(Protocol::udp), Protocol::udp, kUdpBlockPorts, blocks);
  return blocks;
}

LookHistory::LookHistory(const Looks& looks, std::span<const PortSets> blocks,
                         const Inventory& inventory)
    : blocks_(blocks.size()) {
  // Which blocks each set of ports covers: sets and blocks are few, looks are many.
  std::vector<std::vector<std::size_t>> covered(looks.port_sets.size());
  for (std::size_t set = 0; set < covered.size(); ++set) {
    for (std::size_t block = 0; block < blocks_; ++block) {
      if (lies_within(blocks[block], looks.port_sets[set])) covered[set].push_back(block);
    }
  }
  using Place = std::pair<std::string, IpAddress>;
  std::map<Place, std::vector<LastLook>> by_address;
  for (const Look& look : looks.looks) {
    if (covered[look.ports].empty()) continue;
    const auto node = inventory.nodes.find(look.node);
    if (node == inventory.nodes.end()) continue;
    const std::vector<NodeAddress>& known = node->second.addresses;
    // An address that the node has no more says nothing of it.
    const bool counts = known.empty() || std::ranges::any_of(known, [&](const NodeAddress& each) {
                          return each.address == look.address;
                        });
    if (!counts) continue;
    std::vector<LastLook>& last = by_address[{look.node, look.address}];
    last.resize(blocks_);
    for (const std::size_t block : covered[look.ports]) {
      if (has_protocol(blocks[block], look.protocol)) take_later(last[block], look);
    }
  }
  for (const auto& [place, last] : by_address) {
    const auto [found, is_new] = by_node_.emplace(place.first, last);
    if (is_new) continue;
    for (std::size_t block = 0; block < blocks_; ++block) {
      found->second[block] = earlier(found->second[block], last[block]);
    }
  }
}

LastLook LookHistory::of(const std::string& node, std::size_t block) const {
  const auto found = by_node_.find(node);
  return found == by_node_.end() ? LastLook{} : found->second[block];
}

DueRule due_rule(const Instance& instance) {
  return {.interval = instance.interval,
          .slack = check_interval(instance) / 2,
          .overdue = instance.overdue_after(),
          .busy = instance.busy};
}

Due due(const LastLook& last, const DueRule& rule, WallTime now) {
  const auto is_older = [now](const std::optional<WallTime>& time, std::chrono::seconds age) {
    return !time || *time > now || now - *time >= age;
  };
  if (!is_older(last.attempted, rule.interval - rule.slack)) return Due::no;
  if (rule.busy == BusyNodes::scan) return Due::always;
  const bool overdue = is_older(last.examined ? last.examined : last.known, rule.overdue);
  return rule.busy == BusyNodes::overdue && overdue ? Due::always : Due::if_idle;
}

std::chrono::seconds check_interval(const Instance& instance) {
  constexpr int kChecks = 24;
  constexpr std::chrono::seconds kLeast(5);
  constexpr std::chrono::seconds kMost(600);
  return std::clamp(instance.interval / kChecks, kLeast, kMost);
}

}  // namespace lockstep
