#include "net/route.h"

#include <fmt/format.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace lockstep::net {
namespace {

/// The part of a netlink message that is one attribute, and its bytes.
struct Attribute {
  std::uint16_t type = 0;
  Bytes value;
};

/// Netlink speaks host order, so it has a cursor of its own rather than net::Reader.
template <typename T>
std::optional<T> take(Bytes& rest) {
  if (rest.size() < sizeof(T)) return {};
  T value;
  std::memcpy(&value, rest.data(), sizeof value);
  rest = rest.subspan(std::min(rest.size(), std::size_t{NLMSG_ALIGN(sizeof value)}));
  return value;
}

std::optional<Attribute> take_attribute(Bytes& rest) {
  Bytes from = rest;
  const auto header = take<rtattr>(from);
  if (!header || header->rta_len < sizeof(rtattr) || header->rta_len > rest.size()) return {};
  const Attribute result{header->rta_type,
                         rest.subspan(sizeof(rtattr), header->rta_len - sizeof(rtattr))};
  rest = rest.subspan(std::min(rest.size(), std::size_t{RTA_ALIGN(header->rta_len)}));
  return result;
}

std::optional<IpAddress> to_address(Bytes value) {
  if (value.size() == 4) return IpAddress::v4(Reader(value).u32());
  if (value.size() != 16) return {};
  IpAddress::V6Bytes bytes;
  std::memcpy(bytes.data(), value.data(), bytes.size());
  return IpAddress::v6(bytes);
}

struct RouteRequest {
  nlmsghdr header{};
  rtmsg message{};
  rtattr attribute{};
  std::array<std::uint8_t, 16> destination{};
};

RouteRequest make_request(const IpAddress& destination, std::uint32_t sequence) {
  const std::size_t size = destination.is_v4() ? 4 : 16;
  RouteRequest request;
  request.attribute.rta_type = RTA_DST;
  request.attribute.rta_len = static_cast<std::uint16_t>(sizeof(rtattr) + size);
  request.destination = destination.bytes();
  request.message.rtm_family = destination.is_v4() ? AF_INET : AF_INET6;
  request.message.rtm_dst_len = static_cast<std::uint8_t>(destination.bits());
  request.header.nlmsg_type = RTM_GETROUTE;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.header.nlmsg_seq = sequence;
  request.header.nlmsg_len = static_cast<std::uint32_t>(offsetof(RouteRequest, destination) + size);
  return request;
}

Result<Route> parse_reply(Bytes reply) {
  const auto header = take<nlmsghdr>(reply);
  if (!header) return fail(ErrorKind::corrupt, "netlink: short reply");
  if (header->nlmsg_type == NLMSG_ERROR) {
    const auto error = take<nlmsgerr>(reply);
    const Error reason = system_error(error ? -error->error : EPROTO, "no route");
    return fail(ErrorKind::unavailable, reason.message());
  }
  const auto message = take<rtmsg>(reply);
  if (header->nlmsg_type != RTM_NEWROUTE || !message) {
    return fail(ErrorKind::corrupt, "netlink: not a route");
  }
  Route route;
  route.local = message->rtm_type == RTN_LOCAL;
  if (message->rtm_type != RTN_LOCAL && message->rtm_type != RTN_UNICAST) {
    return fail(ErrorKind::unavailable, "not a unicast address here");
  }
  while (const auto attribute = take_attribute(reply)) {
    const auto address = to_address(attribute->value);
    if (attribute->type == RTA_VIA) {
      return fail(ErrorKind::unsupported, "a next hop of another address family");
    }
    if (attribute->type == RTA_GATEWAY) route.gateway = address;
    if (attribute->type == RTA_PREFSRC && address) route.source = *address;
    if (attribute->type == RTA_OIF && attribute->value.size() == 4) {
      std::memcpy(&route.interface_index, attribute->value.data(), 4);
    }
  }
  return route;
}

std::uint32_t sequence_of(Bytes reply) {
  const auto header = take<nlmsghdr>(reply);
  return header ? header->nlmsg_seq : 0;
}

Result<Interface> read_interface(ifreq request) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto ask = [&](unsigned long what) { return ::ioctl(socket.get(), what, &request) == 0; };
  Interface result;
  result.name = request.ifr_name;
  if (!ask(SIOCGIFINDEX)) {
    return std::unexpected(system_error(errno, fmt::format("interface {}", quoted(result.name))));
  }
  result.index = request.ifr_ifindex;
  if (ask(SIOCGIFFLAGS)) result.up = (request.ifr_flags & IFF_UP) != 0;
  const bool no_arp = (request.ifr_flags & IFF_NOARP) != 0;
  if (ask(SIOCGIFHWADDR)) {
    result.ethernet = request.ifr_hwaddr.sa_family == ARPHRD_ETHER && !no_arp;
    std::memcpy(result.mac.bytes.data(), request.ifr_hwaddr.sa_data, 6);
  }
  return result;
}

}  // namespace

Result<KernelRoutes> KernelRoutes::open(const std::string& interface) {
  int index = 0;
  if (!interface.empty()) {
    LOCKSTEP_TRY(const Interface found, interface_by_name(interface));
    index = found.index;
  }
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return std::unexpected(system_error(errno, "netlink socket"));
  return KernelRoutes(std::move(socket), index);
}

Result<Route> KernelRoutes::route_to(const IpAddress& destination) {
  const std::string where = "route to " + destination.to_string();
  const RouteRequest request = make_request(destination, ++sequence_);
  if (::send(socket_.get(), &request, request.header.nlmsg_len, 0) < 0) {
    return std::unexpected(system_error(errno, where));
  }
  std::array<std::byte, 4096> buffer;
  Bytes reply;
  // The reply to an earlier request may still be there, if a signal ended the wait for it.
  do {
    const ssize_t received = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0) return std::unexpected(system_error(errno, where));
    reply = Bytes(buffer).first(static_cast<std::size_t>(received));
  } while (sequence_of(reply) != sequence_);
  auto route = parse_reply(reply);
  if (!route) return std::unexpected(route.error().within(where));
  if (route->source.family() != destination.family()) {
    return fail(ErrorKind::unavailable, where + ": this machine has no address to send from");
  }
  if (interface_index_ != 0 && !route->local && route->interface_index != interface_index_) {
    return fail(ErrorKind::unavailable,
                where + ": the routing table leads through another interface");
  }
  return route;
}

Result<Interface> interface_by_name(const std::string& name) {
  ifreq request{};
  if (name.empty() || name.size() >= IFNAMSIZ) {
    return fail(ErrorKind::not_found, fmt::format("interface {}: no such device", quoted(name)));
  }
  std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
  return read_interface(request);
}

Result<Interface> interface_by_index(int index) {
  ifreq request{};
  if (::if_indextoname(static_cast<unsigned>(index), request.ifr_name) == nullptr) {
    return std::unexpected(system_error(errno, fmt::format("interface number {}", index)));
  }
  return read_interface(request);
}

}  // namespace lockstep::net
