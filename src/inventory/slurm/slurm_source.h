// Slurm's partitions and features as classes, and its nodes as nodes.

#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "inventory/resolver.h"
#include "inventory/source.h"

namespace lockstep {

/// For sinfo -N: node, partition, address, features.
inline constexpr const char* kSinfoInventoryFormat = "%N|%R|%o|%f";

/// A node in one of its partitions.
struct SlurmPlace {
  std::string node;
  std::string partition;
  std::string address;  ///< NodeAddr: an address, a name, or the node's own name; may be empty
  std::vector<std::string> features;

  friend bool operator==(const SlurmPlace&, const SlurmPlace&) = default;
};

/// The lines of sinfo in that format. `invalid` with the line where it is none of it, or where a
/// node's name is not one that Slurm gives.
Result<std::vector<SlurmPlace>> parse_slurm_places(std::string_view text);

/// Which partitions, or features, are classes: by name, the class that each makes. "*" stands for
/// all that are not named, each a class of its own name.
using SlurmClasses = std::map<std::string, std::string>;

struct SlurmSourceOptions {
  SlurmClasses partitions = {{"*", "*"}};
  SlurmClasses features;
  bool addresses = true;  ///< take NodeAddr, where it is more than the node's name
  std::string sinfo = "sinfo";
  std::chrono::milliseconds time{10'000};  ///< for sinfo, and again for the names in NodeAddr
  std::size_t answer_bytes = 64 << 20;
  Lookup lookup = system_lookup();
};

/// One sinfo. A NodeAddr that is a name and cannot be resolved leaves its node without an address,
/// so that its own name is tried. Nodes of no partition are none. Errors: what sinfo fails by;
/// `not_found` for a partition or a feature that is named and that no node has.
std::unique_ptr<InventorySource> make_slurm_source(SlurmSourceOptions options);

}  // namespace lockstep
