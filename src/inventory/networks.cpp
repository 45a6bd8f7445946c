#include "inventory/networks.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/text.h"
#include "inventory/add_node.h"

namespace lockstep {

Result<void> check_networks(std::span<const Network> networks) {
  std::set<std::string> names;
  std::map<Prefix, std::string> owners;
  for (const Network& network : networks) {
    LOCKSTEP_CHECK(check_label("network", network.name));
    if (!names.insert(network.name).second) {
      return fail(ErrorKind::invalid,
                  fmt::format("the network {} is described twice", quoted(network.name)));
    }
    for (const Prefix& prefix : network.prefixes) {
      const auto [owner, added] = owners.emplace(prefix, network.name);
      if (added || owner->second == network.name) continue;
      return fail(ErrorKind::invalid,
                  fmt::format("{} belongs to the network {} and to {}", prefix.to_string(),
                              quoted(owner->second), quoted(network.name)));
    }
  }
  return {};
}

std::string network_of(const IpAddress& address, std::span<const Network> networks) {
  std::string result = kDefaultNetwork;
  int longest = -1;
  for (const Network& network : networks) {
    for (const Prefix& prefix : network.prefixes) {
      if (prefix.length() <= longest || !prefix.contains(address)) continue;
      longest = prefix.length();
      result = network.name;
    }
  }
  return result;
}

void assign_networks(Inventory& inventory, std::span<const Network> networks) {
  for (auto& [name, node] : inventory.nodes) {
    for (NodeAddress& address : node.addresses) {
      if (address.network.empty()) address.network = network_of(address.address, networks);
    }
  }
}

}  // namespace lockstep
