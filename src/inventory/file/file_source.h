// The node file: CSV with a header line.
//
//   name,address,network,class,group
//   login1,198.18.0.10,management,login,rack1
//   login1,198.19.0.10,fabric,,
//   "node[001-512]",,,compute;gpu,
//
// Only `name` is mandatory; the columns may stand in any order. Several lines for one node add up.
// A line may describe a nodeset: then the address is empty (names are resolved) or a range of as
// many addresses as there are nodes. Several classes are separated by ";". An address without
// network gets the one whose prefix contains it.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "inventory/source.h"

namespace lockstep {

/// The nodes of a node file's text. Errors name the line.
Result<Inventory> parse_node_file(std::string_view text);

/// The node file at `path`, read anew by each load().
std::unique_ptr<InventorySource> make_file_source(const std::string& path);

}  // namespace lockstep
