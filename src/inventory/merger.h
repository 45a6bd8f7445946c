// One inventory from the parts that several sources give.

#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/node.h"

namespace lockstep {

/// Unites partial inventories by the names of their nodes. Where two contradict each other, the
/// error names both sources.
class InventoryMerger {
 public:
  explicit InventoryMerger(std::string cluster) { merged_.cluster = std::move(cluster); }

  /// Adds what the source called `source` gave. Classes and addresses of a node add up, and so do
  /// the settings of classes: the first source that sets a rate wins. `invalid`: two groups for one
  /// node; two networks for one address of a node.
  Result<void> add(const Inventory& part, std::string_view source);

  /// Of all parts added.
  const Inventory& merged() const { return merged_; }

 private:
  Inventory merged_;
  std::map<std::string, std::string> group_source_;  // node -> the source of its group
};

}  // namespace lockstep
