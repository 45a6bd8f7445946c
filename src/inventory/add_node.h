// The one way into an inventory: what a node may say of itself, and how two descriptions of one
// node become one.

#pragma once

#include <string_view>

#include "base/result.h"
#include "model/node.h"

namespace lockstep {

/// Whether `label` can name a class, a group or a network: 1 to 60 bytes of printable ASCII
/// without white space, ",", ";" and "@". `what` is for the message: "class".
Result<void> check_label(std::string_view what, std::string_view label);

/// Adds `node`, or unites it with the node of that name: classes and addresses add up. An address
/// that is known without a network takes the network named for it. Errors (`invalid`): a bad label;
/// two groups for one node; two networks for one address of a node. Then `into` is unchanged.
Result<void> add_node(Inventory& into, const Node& node);

}  // namespace lockstep
