// What many nodes share (classes, group, what the scheduler says), told once and meant by number.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/node.h"
#include "model/scheduler_state.h"

namespace lockstep::serve {

/// A place in a list of a dictionary; kNoPlace: the list is full.
using Place = std::uint16_t;
inline constexpr Place kNoPlace = 65535;

/// Of an inventory, whose nodes stand ascending by name.
struct NodeDictionary {
  std::vector<std::vector<std::string>> classes{};
  std::vector<std::string> groups{};
  std::vector<Place> class_of{};  ///< one a node
  std::vector<Place> group_of{};
};
NodeDictionary dictionary_of(const Inventory& inventory);

/// What a scheduler makes of some nodes.
struct ScheduleEntry {
  std::optional<SchedulerState> state{};  ///< none: there is no scheduler
  std::vector<std::string> partitions{};

  friend auto operator<=>(const ScheduleEntry&, const ScheduleEntry&) = default;
};

/// Of the same nodes. Entries are added and never change their places, so that places of two times
/// can be compared.
struct Schedules {
  std::shared_ptr<const Inventory> inventory{};  ///< whose nodes they are
  std::vector<ScheduleEntry> entries{ScheduleEntry{}};
  std::vector<Place> of_nodes{};  ///< one a node

  /// Where nothing was said of `index`, it is the first entry.
  Place of(std::size_t index) const { return index < of_nodes.size() ? of_nodes[index] : Place{0}; }
};

/// What is said now, after `before` (null: nothing was). `said` has one each of the inventory's
/// nodes, or nothing at all. Returns `before` where it says the same.
std::shared_ptr<const Schedules> renewed_schedules(const std::shared_ptr<const Schedules>& before,
                                                   const std::shared_ptr<const Inventory>& nodes,
                                                   const std::vector<NodeSchedule>& said);

}  // namespace lockstep::serve
