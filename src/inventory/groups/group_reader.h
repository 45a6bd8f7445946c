// What the group sources of ClusterShell say: groups, their nodes, all nodes.

#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "inventory/groups/group_sources.h"
#include "inventory/groups/shell.h"

namespace lockstep {

/// Asks sources; each question once. All commands together end within `time`.
class GroupReader {
 public:
  GroupReader(GroupSources sources, std::chrono::milliseconds time, const ShellLimits& limits);

  /// The source called `name`; empty: the default one.
  Result<const GroupSource*> source(std::string_view name) const;

  /// The nodeset text of a group; "*" is all nodes of the source. For NodesetOptions.
  Result<std::string> nodes_of(std::string_view source, std::string_view group);
  /// The names of all groups of a source. `unsupported` where it cannot list them.
  Result<std::vector<std::string>> groups_of(const GroupSource& source);
  /// The groups of one node by the `reverse` command. `unsupported` where there is none.
  Result<std::vector<std::string>> groups_of_node(const GroupSource& source,
                                                  const std::string& node);

 private:
  using Values = std::map<std::string, std::string>;

  Result<std::string> all_nodes(const GroupSource& source);
  Result<std::string> run(const GroupSource& source, const std::string& upcall, Values values);

  GroupSources sources_;
  std::chrono::steady_clock::time_point deadline_;
  ShellLimits limits_;
  std::map<std::string, std::string> answers_;  // by command
};

}  // namespace lockstep
