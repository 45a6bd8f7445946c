#include "profiles/resolve.h"

#include <algorithm>

#include "model/node.h"

namespace lockstep {

Expectations resolve(const std::set<std::string>& classes, const std::string& network,
                     std::span<const Profile> profiles) {
  std::set<ExpectedPort> ports;
  std::set<std::string> unprofiled;
  for (const std::string& node_class : classes) {
    const std::string type = host_type(node_class, network);
    const auto found = std::ranges::lower_bound(profiles, type, {}, &Profile::host_type);
    if (found == profiles.end() || found->host_type != type) {
      unprofiled.insert(type);
    } else {
      ports.insert(found->ports.begin(), found->ports.end());
    }
  }
  return {{ports.begin(), ports.end()}, {unprofiled.begin(), unprofiled.end()}};
}

}  // namespace lockstep
