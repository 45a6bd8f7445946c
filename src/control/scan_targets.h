// What `scan` is told to look at: nodesets of the inventory, groups, bare names, addresses, ranges
// and prefixes, in any mixture.

#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "model/node.h"
#include "model/nodeset.h"

namespace lockstep {

/// How many addresses one scan takes without a configuration's fence.
inline constexpr std::uint64_t kMaxScanAddresses = 65536;

/// The nodes that `expressions` name: those of `inventory` as they are, every other name as a node
/// without addresses (to be resolved), every address as its node's, or else as a node named after
/// it, with an empty network (to be assigned). `@group` names a class or a group of the inventory.
/// Errors: `invalid`, naming the expression; more than kMaxScanAddresses in all.
Result<Inventory> parse_scan_targets(const std::vector<std::string>& expressions,
                                     const Inventory& inventory);

/// What a nodeset of somebody may cost, and tell him.
struct NodesetScope {
  std::uint64_t most_names = 1'000'000;
  /// The nodes that groups are made of: a group without one of them is not there. Null: all.
  const std::set<std::string>* own = nullptr;
};

/// A nodeset whose `@group` names a class or a group of the inventory.
Result<Nodeset> parse_nodeset_with_groups(std::string_view text, const Inventory& inventory,
                                          const NodesetScope& scope = {});

/// The nodes of a nodeset over the inventory, in folded order. Errors: `invalid` syntax or no node
/// at all, `not_found` with a suggestion for a node that the inventory does not have.
Result<std::vector<std::string>> parse_inventory_nodes(std::string_view nodeset,
                                                       const Inventory& inventory);

/// What is scanned without a configuration: private, loopback and benchmark prefixes (RFC 1918,
/// 4193, 1122, 2544), never an address of the internet.
std::vector<Prefix> default_fence();

}  // namespace lockstep
