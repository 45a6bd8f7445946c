// The group sources that a groups.conf(5) of ClusterShell declares.

#pragma once

#include <map>
#include <string>

#include "base/result.h"

namespace lockstep {

/// A namespace of groups: commands ("upcalls") or the contents of a YAML file.
struct GroupSource {
  std::string name;
  std::string declared_in;                     ///< the file, for messages
  std::string folder;                          ///< where its commands run
  std::map<std::string, std::string> upcalls;  ///< "map", "all", "list", "reverse" -> command
  std::map<std::string, std::string> groups;   ///< from YAML: group -> nodeset text
  bool from_yaml = false;
};

/// All sources of one groups.conf, with those of its `confdir` and `autodir`.
struct GroupSources {
  std::string config_folder;  ///< the $CFGDIR of commands
  std::string default_source;
  std::map<std::string, GroupSource> by_name;
};

/// Reads the file and all that it names. Beyond ClusterShell, files that cannot be read are an
/// error, since their nodes would go unwatched. Errors name file and line.
Result<GroupSources> load_group_sources(const std::string& path);

}  // namespace lockstep
