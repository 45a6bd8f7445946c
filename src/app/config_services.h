// [services], and what [class.NAME] says of keys.

#pragma once

#include <chrono>
#include <string>

#include "analysis/key_policy.h"
#include "app/toml_reader.h"
#include "services/users/user_files.h"

namespace lockstep {

/// When services are asked what they are, what tells them apart, and what their keys may do.
struct ServicesConfig {
  services::UserPaths files;              ///< the user's own, beside ours
  bool in_sweeps = false;                 ///< each sweep asks, without being told to
  std::chrono::seconds interval{86'400};  ///< a port of a node is asked so often, 0 to 30 days
  bool keys = true;                       ///< exchange keys with SSH servers
  KeyPolicies policies;                   ///< of [class.NAME] keys = "..."
};

/// `folder` is where relative paths start, with its slash; empty: the working directory.
void read_services_table(TomlReader& root, std::string_view folder, ServicesConfig& services);
void read_class_services(TomlReader& table, const std::string& name, ServicesConfig& services);

}  // namespace lockstep
