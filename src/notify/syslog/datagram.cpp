#include "notify/syslog/datagram.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/text.h"
#include "base/unique_fd.h"

namespace lockstep::notify {
namespace {

constexpr int kListenMs = 200;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

Result<void> send_on(int socket, std::string_view bytes, const std::string& where) {
  const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return {};
  return std::unexpected(system_error(errno, where));
}

}  // namespace

Result<void> send_udp(const std::string& host, const std::string& port, std::string_view bytes) {
  const std::string where = fmt::format("udp://{}:{}", quoted(host), port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); code != 0) {
    return fail(ErrorKind::unavailable, fmt::format("{}: {}", where, ::gai_strerror(code)));
  }
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  const UniqueFd socket(::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket || ::connect(socket.get(), found->ai_addr, found->ai_addrlen) != 0) {
    return std::unexpected(system_error(errno, where));
  }
  LOCKSTEP_CHECK(send_on(socket.get(), bytes, where));
  pollfd waiting{.fd = socket.get(), .events = 0, .revents = 0};
  if (::poll(&waiting, 1, kListenMs) <= 0) return {};
  int problem = 0;
  socklen_t size = sizeof(problem);
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
  if (problem == 0) return {};
  return std::unexpected(system_error(problem, where));
}

Result<void> send_local(const std::string& path, std::string_view bytes) {
  const std::string where = quoted(path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return fail(ErrorKind::invalid, where + " is too long for a socket");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto* const plain = reinterpret_cast<const sockaddr*>(&address);
  if (!socket || ::connect(socket.get(), plain, sizeof(address)) != 0) {
    return std::unexpected(system_error(errno, where));
  }
  return send_on(socket.get(), bytes, where);
}

}  // namespace lockstep::notify
