// Which interface, next hop and source address the kernel would use to reach an address.
// rtnetlink(7); reads only, changes nothing, asks for no right.

#pragma once

#include <optional>
#include <string>

#include "base/ip_address.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "net/frame.h"

namespace lockstep::net {

struct Route {
  int interface_index = 0;
  IpAddress source;                  ///< what the kernel would send from
  std::optional<IpAddress> gateway;  ///< none: the destination is on the link
  bool local = false;                ///< the destination is this machine

  const IpAddress& next_hop(const IpAddress& destination) const {
    return gateway ? *gateway : destination;
  }
};

/// A network interface as it is now.
struct Interface {
  int index = 0;
  std::string name;
  MacAddress mac;
  bool up = false;
  bool ethernet = false;  ///< frames have Ethernet headers, and neighbours are asked for by ARP/NDP
};

/// A route lookup by other means than the kernel's table (tests, recorded sweeps).
class RouteTable {
 public:
  virtual ~RouteTable() = default;
  /// `unavailable` where there is no route, with the kernel's reason.
  virtual Result<Route> route_to(const IpAddress& destination) = 0;
};

/// The kernel's table. One thread at a time.
class KernelRoutes : public RouteTable {
 public:
  /// With an `interface`, only routes through it: an address that the kernel would reach by
  /// another one is an error.
  static Result<KernelRoutes> open(const std::string& interface = "");
  Result<Route> route_to(const IpAddress& destination) override;

 private:
  KernelRoutes(UniqueFd socket, int interface_index)
      : socket_(std::move(socket)), interface_index_(interface_index) {}

  UniqueFd socket_;
  int interface_index_;
  std::uint32_t sequence_ = 0;
};

/// `not_found` where there is no interface of that name or index.
Result<Interface> interface_by_name(const std::string& name);
Result<Interface> interface_by_index(int index);

}  // namespace lockstep::net
