#include "net/io/links.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "net/io/af_packet.h"

namespace lockstep::net {
namespace {

/// Without it, the kernel would keep each answer in the socket's buffer.
Result<void> keep_nothing(const UniqueFd& socket) {
  sock_filter drop{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &drop};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    return std::unexpected(system_error(errno, "reserve a source port"));
  }
  return {};
}

/// Binds to any address of `family` and a port of the kernel's choice.
Result<ReservedPort> hold_port(int family, Protocol protocol) {
  const int type = protocol == Protocol::tcp ? SOCK_STREAM : SOCK_DGRAM;
  UniqueFd holder(::socket(family, type | SOCK_CLOEXEC, 0));
  if (!holder) return std::unexpected(system_error(errno, "reserve a source port"));
  if (protocol == Protocol::udp) LOCKSTEP_CHECK(keep_nothing(holder));
  const int both = 0;  // whatever net.ipv6.bindv6only says
  if (family == AF_INET6) {
    ::setsockopt(holder.get(), IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both);
  }
  sockaddr_in6 address{};  // the larger of the two; port and family lie alike in both
  socklen_t size = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  address.sin6_family = static_cast<sa_family_t>(family);
  void* const start = &address;
  if (::bind(holder.get(), static_cast<sockaddr*>(start), size) != 0 ||
      ::getsockname(holder.get(), static_cast<sockaddr*>(start), &size) != 0) {
    return std::unexpected(system_error(errno, "reserve a source port"));
  }
  return ReservedPort{ntohs(address.sin6_port), std::move(holder)};
}

}  // namespace

Result<std::unique_ptr<RouteTable>> KernelLinks::routes(const std::string& interface) {
  LOCKSTEP_TRY(KernelRoutes routes, KernelRoutes::open(interface));
  return std::make_unique<KernelRoutes>(std::move(routes));
}

Result<Interface> KernelLinks::interface(int index) {
  return interface_by_index(index);
}

Result<std::vector<std::unique_ptr<FrameIo>>> KernelLinks::open(const Interface& interface,
                                                                const FrameFilter& filter,
                                                                std::size_t count) {
  return open_af_packet(interface, filter, count);
}

Result<ReservedPort> KernelLinks::reserve_port(Protocol protocol) {
  // A socket on :: holds the port for IPv4 too, unless the machine has no IPv6.
  auto both = hold_port(AF_INET6, protocol);
  return both ? std::move(both) : hold_port(AF_INET, protocol);
}

}  // namespace lockstep::net
