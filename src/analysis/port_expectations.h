// What a profile says of ports, taken apart by what each means when it is open.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/port.h"
#include "model/profile.h"

namespace lockstep {

/// Of one group of clones with one protocol.
struct PortExpectations {
  PortSet expected;                       ///< each of them should be open
  PortSet allowed;                        ///< expected, or may be open
  std::map<std::string, PortSet> unsure;  ///< may be open under a condition that nobody checks yet
  std::map<std::string, PortSet> past;    ///< were allowed, until a day
  std::map<std::uint32_t, PortSet> of_programs;  ///< allowed for this ONC-RPC program
  PortSet of_users;
  PortSet of_jobs;                      ///< may be open while a job holds the node
  std::vector<const PortRule*> one_of;  ///< of each, one port should be open
  std::vector<std::string> unprofiled;
};

/// Sorts the ports of a rule in. `knows_jobs`: somebody tells which nodes jobs hold.
void add_rule(const PortRule& rule, WallTime now, bool knows_jobs, PortExpectations& to);

/// The text of the entry that has the port, or null.
const std::string* entry_with(const std::map<std::string, PortSet>& entries, Port port);

}  // namespace lockstep
