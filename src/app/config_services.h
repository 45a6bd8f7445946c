// [services], and what [class.NAME] says of keys.

#pragma once

#include <chrono>
#include <string>

#include "analysis/key_policy.h"
#include "app/toml_reader.h"

namespace lockstep {

/// When services are asked what they are, and what their keys may do.
struct ServicesConfig {
  bool in_sweeps = false;                 ///< each sweep asks, without being told to
  std::chrono::seconds interval{86'400};  ///< a port of a node is asked so often, 0 to 30 days
  bool keys = true;                       ///< exchange keys with SSH servers
  KeyPolicies policies;                   ///< of [class.NAME] keys = "..."
};

void read_services_table(TomlReader& root, ServicesConfig& services);
void read_class_services(TomlReader& table, const std::string& name, ServicesConfig& services);

}  // namespace lockstep
