// Which nodes are due to be asked which ports. Pure.
//
// Ports are asked in blocks of at most kBlockPorts, and what was examined of a node is kept by
// block: a node that a job takes in the middle has lost a block, not a sweep, and goes on with the
// next when it is idle again.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/port.h"
#include "model/instance.h"
#include "model/node.h"
#include "model/sweep_info.h"

namespace lockstep {

/// 20 seconds at the usual rate of a node. Of UDP it is less: nodes limit their ICMP errors to one
/// a second.
inline constexpr std::size_t kBlockPorts = 1024;
inline constexpr std::size_t kUdpBlockPorts = 64;

/// The ports in ascending order, so many a block; a block is of one protocol. The same ports make
/// the same blocks.
std::vector<PortSets> blocks_of(const PortSets& ports);

/// When a node was asked a block of ports.
struct LastLook {
  std::optional<WallTime> attempted;  ///< and not broken off; none: never
  std::optional<WallTime> examined;   ///< in full; none: never
  /// Since when it could have been: what was never examined is overdue from then on. None: always.
  std::optional<WallTime> known{};
};

/// What is kept of earlier looks, by node and block. A look at more ports counts for each block
/// that lies within it. Of a node with several addresses the least recent counts.
class LookHistory {
 public:
  /// `looks` is read here alone.
  LookHistory(const Looks& looks, std::span<const PortSets> blocks, const Inventory& inventory);

  LastLook of(const std::string& node, std::size_t block) const;

 private:
  std::size_t blocks_;
  std::unordered_map<std::string, std::vector<LastLook>> by_node_;  // one each a block
};

enum class Due : std::uint8_t {
  no,
  if_idle,  ///< unless a job may hold the node
  always,
};

struct DueRule {
  std::chrono::seconds interval{};
  /// So much earlier is due too: what comes round at that time would be late otherwise.
  std::chrono::seconds slack{};
  std::chrono::seconds overdue{};
  BusyNodes busy = BusyNodes::overdue;
};

DueRule due_rule(const Instance& instance);

/// A time in the future is none: the clock was set back since.
Due due(const LastLook& last, const DueRule& rule, WallTime now);

/// How often it is looked whether somebody is due: so often that nobody is late by much.
std::chrono::seconds check_interval(const Instance& instance);

}  // namespace lockstep
