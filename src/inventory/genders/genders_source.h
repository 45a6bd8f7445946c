// Genders, the node database of Livermore's clusters, mostly at /etc/genders.
//
//   # comment
//   node[1-3],login1   compute,rack=r%n
//
// Each line: names, white space, attributes with or without a value, separated by commas. The
// lines of a node add up; no node may have an attribute twice. "%n" in a value is the node's name,
// "%%" a percent sign. Written from the genders documentation; Debian's nodeattr is the peer in the
// test. One difference: names with dots are taken.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/source.h"

namespace lockstep {

/// What the attributes mean.
struct GendersOptions {
  /// Attributes that are classes: "compute" is the class "compute"; where it has a value, as in
  /// "role=compute", the value is the class. Empty: nodes have no class.
  std::vector<std::string> class_attributes;
  /// The attribute whose value is the node's group (rack or switch). Empty: none.
  std::string group_attribute;
};

/// The nodes of a genders file's text, those without attributes included. Errors name the line.
Result<Inventory> parse_genders(std::string_view text, const GendersOptions& options);

/// The genders file at `path`, read anew by each load().
std::unique_ptr<InventorySource> make_genders_source(const std::string& path,
                                                     GendersOptions options);

}  // namespace lockstep
