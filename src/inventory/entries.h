// Entries: nodes described a nodeset at a time, as in the [[nodes]] tables of the configuration
// and the lines of a node file.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/node.h"
#include "model/nodeset.h"

namespace lockstep {

/// Some nodes and what holds for all of them.
struct NodeEntry {
  std::string nodes;  ///< a nodeset
  std::vector<std::string> classes;
  std::string group;  ///< rack or switch; empty: not said
  /// Empty: the names are resolved. Or one address a node, in the order of Nodeset::names(). Or a
  /// single range, "198.18.1.1-198.18.1.64" or a prefix, of exactly as many addresses as nodes.
  std::vector<std::string> addresses;
  std::string network;  ///< of the addresses; empty: by prefix (see networks.h)
};

/// Adds the nodes of one entry; see add_node(). Errors are `invalid` and do not name the entry.
/// A failure leaves `into` with a part of the entry.
Result<void> add_entry(Inventory& into, const NodeEntry& entry, const NodesetOptions& options = {});

/// All entries as an inventory. Errors name the nodeset of the entry.
Result<Inventory> nodes_from_entries(std::span<const NodeEntry> entries,
                                     const NodesetOptions& options = {});

}  // namespace lockstep
