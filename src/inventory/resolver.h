// Names of nodes to addresses, through the system's resolver.
//
// getaddrinfo() cannot be cancelled, and a name server that is gone can hold it for half a minute
// or more. So lookups run in threads of their own, which the caller does not wait for past its
// time limit: a thread that is late finds its result unwanted and ends. What it touches belongs to
// it and to the others of its run, never to the caller.

#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "model/node.h"

namespace lockstep {

/// All addresses of a name. Called from several threads at once, and possibly still running after
/// resolve_names() has returned: it must own what it uses.
using Lookup = std::function<Result<std::vector<IpAddress>>(const std::string& name)>;

/// getaddrinfo(3): /etc/hosts, DNS, or what nsswitch.conf says; both families. `not_found` where
/// the name has no address, `unavailable` where nobody could say. Addresses that hold on one link
/// only (with a scope) are left out.
Lookup system_lookup();

struct ResolverOptions {
  std::chrono::milliseconds time_limit{10'000};  ///< for all names together
  std::size_t threads = 32;                      ///< lookups at a time; at least 1
};

/// Each name once, with its addresses (each once, ascending), or with the reason why there are
/// none: `not_found` "not found", `unavailable` "timed out", or what `lookup` said.
std::map<std::string, Result<std::vector<IpAddress>>> resolve_names(
    std::span<const std::string> names, const Lookup& lookup, const ResolverOptions& options = {});

/// A node that stays without an address.
struct UnresolvedNode {
  std::string name;
  Error reason;
};

/// Gives all nodes without addresses those of their names, with an empty network (see
/// assign_networks()). Returns the nodes that have none still, by name.
std::vector<UnresolvedNode> resolve_nodes(Inventory& inventory, const Lookup& lookup,
                                          const ResolverOptions& options = {});

}  // namespace lockstep
