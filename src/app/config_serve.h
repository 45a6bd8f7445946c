// [serve] and [instance.NAME]: what the daemon does, and who may talk to it.

#pragma once

#include <string>
#include <vector>

#include "app/toml_reader.h"
#include "model/instance.h"

namespace lockstep {

struct ServeConfig {
  std::string socket;  ///< the control socket; empty: "control" in the state folder
  std::string group;   ///< whose members may use it; empty: only its owner
  /// Whom the daemon runs plug-ins as; empty: nobody, where it is root, else who it is.
  std::string plugins_user;
  /// Where plug-in hosts of a unit of their own listen; empty: the daemon starts its own.
  std::string plugins_socket;
  /// Ascending by name. Where the file has none: default_instances().
  std::vector<Instance> instances;
};

/// The usual ports each hour, all TCP ports each day, services each day.
std::vector<Instance> default_instances();

void read_serve_tables(TomlReader& root, ServeConfig& serve);

}  // namespace lockstep
