#include "net/io/xdp/driver.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "base/unique_fd.h"

namespace lockstep::net {

std::string driver_of(const std::string& interface) {
  if (interface.empty() || interface.size() >= IFNAMSIZ) return {};
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  ifreq request{};
  std::memcpy(request.ifr_name, interface.c_str(), interface.size() + 1);
  void* const about = &info;
  request.ifr_data = static_cast<char*>(about);
  if (!socket || ::ioctl(socket.get(), SIOCETHTOOL, &request) != 0) return {};
  return {info.driver, ::strnlen(info.driver, sizeof info.driver)};
}

std::string_view why_no_xdp(std::string_view driver) {
  // As the kernel's drivers call themselves: net/8021q/vlan_dev.c, drivers/net/macvlan.c,
  // drivers/net/ipvlan/ipvlan_main.c, net/bridge/br_device.c.
  if (driver == "802.1Q VLAN Support") {
    return "it is a VLAN of another interface, and XDP sends below where the kernel adds tags";
  }
  if (driver == "macvlan" || driver == "ipvlan") return "it shares another interface's queues";
  if (driver == "bridge") return "it is a bridge, whose ports have the queues";
  return {};
}

}  // namespace lockstep::net
