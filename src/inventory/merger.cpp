#include "inventory/merger.h"

#include <fmt/format.h>

#include "base/text.h"
#include "inventory/add_node.h"

namespace lockstep {

Result<void> InventoryMerger::add(const Inventory& part, std::string_view source) {
  for (const auto& [name, node] : part.nodes) {
    const auto known = merged_.nodes.find(name);
    if (known != merged_.nodes.end() && !known->second.group.empty() && !node.group.empty() &&
        known->second.group != node.group) {
      return fail(ErrorKind::invalid,
                  fmt::format("node {} is in the group {} by {}, but in {} by {}; a node has one "
                              "group (rack or switch)",
                              quoted(name), quoted(known->second.group), group_source_[name],
                              quoted(node.group), source));
    }
    const Result<void> added = add_node(merged_, node);
    if (!added) return std::unexpected(added.error().within(source));
    if (!node.group.empty()) group_source_.emplace(name, source);
  }
  for (const auto& [name, node_class] : part.classes) {
    NodeClass& merged = merged_.classes.emplace(name, node_class).first->second;
    if (!merged.node_rate) merged.node_rate = node_class.node_rate;
  }
  return {};
}

}  // namespace lockstep
