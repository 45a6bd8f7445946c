#include "store/sql/node_conditions.h"

#include <algorithm>

#include "store/sql/text.h"

namespace lockstep {

std::string condition_of(std::span<const std::string> nodes) {
  if (nodes.empty() || !std::ranges::all_of(nodes, is_harmless)) return {};
  std::string text = "node IN (";
  for (const std::string& node : nodes) {
    if (&node != &nodes.front()) text += ", ";
    text += '\'' + node + '\'';
  }
  return text + ')';
}

}  // namespace lockstep
