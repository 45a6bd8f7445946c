// One pass of an instance over the nodes that are due, a step at a time: which ports of which nodes
// are asked next is decided when it comes to that, by what holds the nodes then.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/scheduler_state.h"
#include "sweep/due.h"

namespace lockstep {

/// What one sweep is to ask.
struct SweepStep {
  PortSets ports;
  std::vector<std::string> nodes;  ///< ascending
  /// Those of them that no job holds: to be left when one begins, unless nodes of jobs are asked
  /// like all others.
  std::set<std::string> idle;
};

/// Why nodes that are due were passed over, for one block at least.
struct PassedOver {
  std::set<std::string> busy;       ///< a job may hold them
  std::set<std::string> withdrawn;  ///< powered down, not there: the scheduler says so
};

/// Whether the scheduler says that the node is not there: then nobody asks it, as its silence would
/// prove nothing.
bool is_withdrawn(const NodeSchedule& schedule);

/// Not for several threads at once.
class Pass {
 public:
  /// What the scheduler says of nodes now, one each and in their order; empty: there is none, and
  /// every node counts as idle.
  using Schedules = std::function<std::vector<NodeSchedule>(const std::vector<std::string>&)>;

  /// When a node was asked a block, by the block's index.
  using History = std::function<LastLook(const std::string& node, std::size_t block)>;

  /// Steps of at most `most_nodes` nodes.
  Pass(std::span<const PortSets> blocks, const std::vector<std::string>& nodes,
       const History& history, const DueRule& rule, WallTime now, std::size_t most_nodes);

  /// No step is left, so far as is known before one asks what holds the nodes.
  bool empty() const { return parts_.empty(); }
  std::size_t steps_left() const { return parts_.size(); }
  /// Nodes that are due for at least one block.
  std::size_t nodes() const { return nodes_; }

  /// How many blocks each node is due for.
  std::map<std::string, std::size_t> outstanding() const;

  /// The next step that has a node, or nothing when the pass is over. Nodes that may not be asked
  /// now are passed over: a later pass finds them due.
  std::optional<SweepStep> next(const Schedules& schedules);

  const PassedOver& passed_over() const { return passed_over_; }

 private:
  struct Candidate {
    std::string node;
    Due due;
  };
  struct Part {
    PortSets ports;
    std::vector<Candidate> candidates;
  };

  BusyNodes busy_;
  std::deque<Part> parts_;
  std::size_t nodes_ = 0;
  PassedOver passed_over_;
};

/// As many nodes as take about a minute of `rate` for `ports` ports, 1 to 4,096.
std::size_t nodes_a_step(std::size_t ports, PacketsPerSecond rate);

}  // namespace lockstep
