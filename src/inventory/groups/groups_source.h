// Nodes and classes from ClusterShell's groups: groups.conf(5), its external commands and YAML
// files.

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "inventory/groups/shell.h"
#include "inventory/source.h"

namespace lockstep {

struct GroupsOptions {
  std::string file = "/etc/clustershell/groups.conf";
  /// The group source; empty: the file's default.
  std::string source;
  /// The groups that are classes. Empty: all groups of the source, but for "all", which
  /// ClusterShell takes for the list of all nodes. Other nodes of the source are known without a
  /// class.
  std::vector<std::string> classes;
  /// For each command of the group source.
  ShellLimits limits;
  /// For all commands of one load() together.
  std::chrono::milliseconds time{60'000};
};

/// Reads the groups anew by each load(): commands of the group source run with the rights of this
/// process. Errors name file and line, or the command.
std::unique_ptr<InventorySource> make_groups_source(GroupsOptions options);

}  // namespace lockstep
