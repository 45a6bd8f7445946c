// The rotating mode: in each turn, every port is asked on some clone of each class, and turn by
// turn each node is asked all of them. Pure.
//
// Clones are nodes of the same classes. The ports of the instance are cut into blocks, and in a
// turn a node is asked one block. Of n clones and B blocks, clone i begins with block i*B/n and
// goes on to the next in each turn: so each block is asked on n/B clones a turn (rounded one way or
// the other), or, of fewer clones than blocks, every B/n turns; and a node has been asked
// everything after B turns.
//
// Caps win. Of a turn, kAskingShare may go into asking each port once; the rest is for ports that
// are asked again, for judging and for keeping. Where the ports of a wanted block are more than the
// rates allow in that time, blocks are smaller, so that there are more of them and a node is
// through later; where the clones are then fewer than the blocks, a port waits longer for its next
// clone.
//
// What a node is asked next follows from when it was asked before, not from a count of turns: so it
// goes on where it was after a restart, and a node that could not be asked for a while is asked
// what it missed before anything else. Where blocks would be asked on nobody, clones that share
// another block step in.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/port.h"
#include "model/observation.h"

namespace lockstep {

/// What of a turn goes into asking each port once.
inline constexpr double kAskingShare = 0.7;
/// What is kept of each node is kept by block.
inline constexpr std::size_t kMostBlocks = 1024;

/// Nodes of the same classes.
struct CloneGroup {
  std::size_t nodes = 0;      ///< at least 1
  std::size_t addresses = 1;  ///< that a node has, at most
  /// The lowest of them.
  PacketsPerSecond node_rate = PacketsPerSecond::unlimited();
  /// What the caps of racks leave to an address of it, at least.
  PacketsPerSecond rack_share = PacketsPerSecond::unlimited();
};

struct RotationWish {
  std::size_t ports = 0;  ///< at least 1
  std::vector<CloneGroup> groups;
  PacketsPerSecond rate = PacketsPerSecond::unlimited();  ///< of all nodes together
  std::chrono::seconds turn{60};
  std::chrono::seconds whole{3600};  ///< in which each node should have been asked everything
  std::size_t at_once = 4096;        ///< addresses; more of them are asked one lot after the other
};

/// What holds of a group of clones while all of them can be asked and nothing else takes our time.
struct GroupRotation {
  std::size_t nodes = 0;
  std::size_t blocks = 1;
  std::size_t ports_a_turn = 0;  ///< that a node is asked, at most
  /// A port is asked on some clone at least once in each stretch of so many turns in a row. Between
  /// two times lies at most this and what asking takes of a turn.
  std::chrono::seconds on_some{0};
  /// The same of each node.
  std::chrono::seconds on_each{0};

  friend bool operator==(const GroupRotation&, const GroupRotation&) = default;
};

struct Rotation {
  std::chrono::seconds turn{0};
  std::vector<GroupRotation> groups;  ///< in the order of the wish

  std::chrono::seconds on_some() const;  ///< of the slowest group
  std::chrono::seconds on_each() const;
};

Rotation plan_rotation(const RotationWish& wish);

/// The chance that a port is asked while it is open, where it is open once, at a moment that knows
/// nothing of our turns, for `open` on the same `on` nodes of the group, above 0.
///
/// While it is open, m nodes of n are asked that port: with x = open / turn, floor(x) turns or one
/// more have their moment in it, the latter with the chance x - floor(x); and j turns ask j*n/B
/// nodes, rounded one way or the other (of fewer nodes than blocks, x turns ask x*n/B). None of
/// them is among the `on` that have it open with the chance (n-m over on) / (n over on). On one
/// node this is open / on_each; on all of them, open / on_some, where that is below 1.
double chance_seen(const GroupRotation& group, std::chrono::seconds turn, std::size_t on,
                   std::chrono::seconds open);

/// The ports in ascending order, cut into so many blocks as even as can be; as many as there are
/// ports at most.
std::vector<PortSets> rotation_blocks(const PortSet& ports, std::size_t blocks);

/// A clone, for the next turn.
struct RotationNode {
  /// When it was asked each block, by number; none: never.
  std::vector<std::optional<WallTime>> asked;
  bool available = true;  ///< it may be asked now
  bool answers = true;    ///< as far as is known; else it is asked, and does not count for others
};

/// The block that each clone is asked in the next turn, by number; none: it is not available. The
/// order of `nodes` should stay the same from turn to turn.
std::vector<std::optional<std::size_t>> deal_blocks(const std::vector<RotationNode>& nodes,
                                                    std::size_t blocks);

}  // namespace lockstep
