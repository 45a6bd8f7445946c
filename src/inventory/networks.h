// Which of the cluster's networks an address is on.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "model/node.h"

namespace lockstep {

/// A network of the cluster, such as "fabric" or "bmc", and where its addresses lie.
struct Network {
  std::string name;
  std::vector<Prefix> prefixes;
};

/// `invalid` where a name is not a label or appears twice, or a prefix belongs to two networks.
Result<void> check_networks(std::span<const Network> networks);

/// The network with the longest prefix that contains `address`; none: kDefaultNetwork.
std::string network_of(const IpAddress& address, std::span<const Network> networks);

/// Gives each address that has no network yet (see InventorySource::load()) its network_of().
void assign_networks(Inventory& inventory, std::span<const Network> networks);

}  // namespace lockstep
