// What Lockstep remembers: the expectations of each class and the inventory, as tables that an
// administrator may read, and partly edit, with any SQL client:
//
//   open_ports(port, protocol, service, host_type)   the paper's Table 1; edits by hand count
//   nodes(name, cluster, group_name)                 a copy of the inventory; edits are lost
//   node_addresses(node, address, network)           "
//   node_classes(node, class)                        "
//
// A store holds one cluster. A call that returned success has its effect on disk: it survives
// kill -9 and a power cut. A call that failed has no effect.
//
// One thread at a time. Several processes may share a store; each call sees whole writes only.
// Any call may fail with `unavailable` (locked for too long, disk full, database gone), `denied`
// or `corrupt`.

#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/node.h"
#include "model/profile.h"

namespace lockstep {

class Store {
 public:
  virtual ~Store() = default;

  /// Replaces nodes, addresses and classes as a whole.
  virtual Result<void> replace_inventory(const Inventory& inventory) = 0;

  /// Every profile, ascending by host type. Spaces around texts are no part of them; rows that
  /// name a port twice count once. Errors: `corrupt`, naming the row, where one that was written
  /// by hand has no sense.
  virtual Result<std::vector<Profile>> profiles() = 0;

  /// The profile of one host type; rows of others are not looked at. Errors: `not_found` where it
  /// has no row; `corrupt` as for profiles().
  virtual Result<Profile> profile(std::string_view host_type) = 0;

  /// Replaces the rows of profile.host_type. Errors: `invalid` where Table 1 cannot hold them:
  /// a text that is too long, a port that is 0, twice or out of order, or no port at all, which
  /// could not be told from a class that was never profiled.
  Result<void> replace_profile(const Profile& profile);

 private:
  /// `profile` fits Table 1.
  virtual Result<void> do_replace_profile(const Profile& profile) = 0;
};

}  // namespace lockstep
