#include "sweep/rotation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace lockstep {
namespace {

using std::chrono::seconds;

std::size_t divided_up(std::size_t value, std::size_t by) {
  return (value + by - 1) / by;
}

/// Packets a second that an address of the group gets at least, while all are asked at once.
double rate_of(const CloneGroup& group, const RotationWish& wish, std::size_t addresses) {
  const auto lots = static_cast<double>(divided_up(addresses, wish.at_once));
  const double own = group.node_rate.value() / static_cast<double>(group.addresses) / lots;
  const double rack = group.rack_share.value() / lots;
  return std::min({own, rack, wish.rate.value() / static_cast<double>(addresses)});
}

/// Few numbers, so that clones that come and go do not change the blocks of all others.
std::size_t round_number_below(std::size_t value) {
  std::size_t round = 1;
  while (round * 2 <= value) round *= 2;
  const std::size_t between = round + round / 2;
  return between <= value ? between : round;
}

/// As many as let a node be through in time, but no more than there are clones: each port would
/// wait for its next clone. More than that where the rates demand it.
std::size_t blocks_of_group(const RotationWish& wish, const CloneGroup& group, seconds turn,
                            double rate) {
  const std::size_t wanted = std::max<std::size_t>(1, static_cast<std::size_t>(wish.whole / turn));
  const double most = rate * static_cast<double>(turn.count()) * kAskingShare;
  const std::size_t ports_at_most = most >= static_cast<double>(wish.ports)
                                        ? wish.ports
                                        : std::max<std::size_t>(1, static_cast<std::size_t>(most));
  const std::size_t needed = divided_up(wish.ports, ports_at_most);
  std::size_t blocks = std::min(wanted, kMostBlocks);
  if (group.nodes < blocks) blocks = round_number_below(group.nodes);
  return std::min(std::max(blocks, needed), wish.ports);
}

/// Of a turn that is long enough that no node has more than kMostBlocks.
seconds turn_of(const RotationWish& wish, const std::vector<double>& rates) {
  const auto least = static_cast<double>(divided_up(wish.ports, kMostBlocks));
  double turn = std::max<double>(1, static_cast<double>(wish.turn.count()));
  for (const double rate : rates) turn = std::max(turn, std::ceil(least / (rate * kAskingShare)));
  constexpr double kMost = 1e9;
  return seconds(static_cast<std::int64_t>(std::min(turn, kMost)));
}

/// That none of the `on` nodes is among the `asked` of `nodes`.
double chance_missed(double nodes, double asked, std::size_t on) {
  double missed = 1;
  for (std::size_t i = 0; i < on && missed > 0; ++i) {
    const auto taken = static_cast<double>(i);
    missed *= std::max(0.0, nodes - asked - taken) / (nodes - taken);
  }
  return missed;
}

/// The same of a number that is rounded one way or the other, and is right in the mean.
double chance_missed_rounded(double nodes, double asked, std::size_t on) {
  const double low = std::floor(asked);
  const double share = asked - low;
  return (1 - share) * chance_missed(nodes, low, on) + share * chance_missed(nodes, low + 1, on);
}

class Deal {
 public:
  Deal(const std::vector<RotationNode>& nodes, std::size_t blocks)
      : nodes_(nodes), dealt_(nodes.size()), clones_(blocks), latest_(blocks) {}

  std::vector<std::optional<std::size_t>> run() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      note_latest(nodes_[i]);
      if (!nodes_[i].available) continue;
      dealt_[i] = own_next(i);
      if (nodes_[i].answers) ++clones_[*dealt_[i]];
    }
    for (const std::size_t block : not_dealt()) step_in(block);
    return std::move(dealt_);
  }

 private:
  void note_latest(const RotationNode& node) {
    if (!node.answers) return;
    for (std::size_t block = 0; block < latest_.size(); ++block) {
      latest_[block] = std::max(latest_[block], node.asked[block]);  // none is the least
    }
  }

  /// What it was not asked for longest; of several, the first from where it begins.
  std::size_t own_next(std::size_t i) const {
    const std::size_t blocks = clones_.size();
    const std::size_t first = i * blocks / nodes_.size();
    std::size_t best = first;
    for (std::size_t step = 1; step < blocks; ++step) {
      const std::size_t block = (first + step) % blocks;
      if (nodes_[i].asked[block] < nodes_[i].asked[best]) best = block;
    }
    return best;
  }

  /// Those that were asked on nobody for longest come first.
  std::vector<std::size_t> not_dealt() const {
    std::vector<std::size_t> blocks;
    for (std::size_t block = 0; block < clones_.size(); ++block) {
      if (clones_[block] == 0) blocks.push_back(block);
    }
    std::ranges::sort(blocks, {},
                      [&](std::size_t block) { return std::pair(latest_[block], block); });
    return blocks;
  }

  /// Of those whose own block another one is asked too, the one that loses least: it was not asked
  /// this for longest, and its own less long ago. A node is not made to step in for ever.
  void step_in(std::size_t block) {
    std::optional<std::size_t> best;
    auto most = WallTime::duration::min();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const RotationNode& node = nodes_[i];
      if (!dealt_[i] || !node.answers || clones_[*dealt_[i]] < 2) continue;
      const auto gained = since_never(node.asked[*dealt_[i]]) - since_never(node.asked[block]);
      if (gained <= most) continue;
      most = gained;
      best = i;
    }
    if (!best) return;
    --clones_[*dealt_[*best]];
    ++clones_[block];
    dealt_[*best] = block;
  }

  static WallTime::duration since_never(const std::optional<WallTime>& time) {
    return time ? time->time_since_epoch() : WallTime::duration::zero();
  }

  const std::vector<RotationNode>& nodes_;
  std::vector<std::optional<std::size_t>> dealt_;
  std::vector<std::size_t> clones_;              // that are asked a block and answer
  std::vector<std::optional<WallTime>> latest_;  // when a block was asked on somebody
};

}  // namespace

seconds Rotation::on_some() const {
  seconds most(0);
  for (const GroupRotation& group : groups) most = std::max(most, group.on_some);
  return most;
}

seconds Rotation::on_each() const {
  seconds most(0);
  for (const GroupRotation& group : groups) most = std::max(most, group.on_each);
  return most;
}

Rotation plan_rotation(const RotationWish& wish) {
  std::size_t addresses = 0;
  for (const CloneGroup& group : wish.groups) addresses += group.nodes * group.addresses;
  std::vector<double> rates;
  for (const CloneGroup& group : wish.groups) rates.push_back(rate_of(group, wish, addresses));
  Rotation rotation{.turn = turn_of(wish, rates), .groups = {}};
  for (std::size_t i = 0; i < wish.groups.size(); ++i) {
    const std::size_t nodes = wish.groups[i].nodes;
    const std::size_t blocks = blocks_of_group(wish, wish.groups[i], rotation.turn, rates[i]);
    const auto wait = static_cast<std::int64_t>(divided_up(blocks, nodes));
    rotation.groups.push_back({.nodes = nodes,
                               .blocks = blocks,
                               .ports_a_turn = divided_up(wish.ports, blocks),
                               .on_some = rotation.turn * wait,
                               .on_each = rotation.turn * static_cast<std::int64_t>(blocks)});
  }
  return rotation;
}

double chance_seen(const GroupRotation& group, seconds turn, std::size_t on, seconds open) {
  if (open >= group.on_each + turn) return 1;
  const auto nodes = static_cast<double>(group.nodes);
  const double a_turn = nodes / static_cast<double>(group.blocks);
  const double turns = static_cast<double>(open.count()) /
                       static_cast<double>(std::max<std::int64_t>(1, turn.count()));
  if (a_turn < 1) return 1 - chance_missed_rounded(nodes, std::min(nodes, turns * a_turn), on);
  const double low = std::floor(turns);
  const double share = turns - low;
  const auto missed_in = [&](double count) {
    return chance_missed_rounded(nodes, std::min(nodes, count * a_turn), on);
  };
  return 1 - (1 - share) * missed_in(low) - share * missed_in(low + 1);
}

std::vector<PortSets> rotation_blocks(const PortSet& ports, std::size_t blocks) {
  const std::vector<Port> all = ports.to_vector();
  const std::size_t count = std::min(blocks, all.size());
  std::vector<PortSets> cut(count);
  for (std::size_t block = 0; block < count; ++block) {
    for (std::size_t i = all.size() * block / count; i < all.size() * (block + 1) / count; ++i) {
      cut[block].of(Protocol::tcp).insert(all[i]);
    }
  }
  return cut;
}

std::vector<std::optional<std::size_t>> deal_blocks(const std::vector<RotationNode>& nodes,
                                                    std::size_t blocks) {
  return Deal(nodes, blocks).run();
}

}  // namespace lockstep
