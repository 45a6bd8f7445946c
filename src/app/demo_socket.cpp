#include "app/demo_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace lockstep {
namespace {

constexpr std::uint16_t kFirstPort = 7480;
constexpr std::uint16_t kPorts = 20;
/// Above those that shells use themselves.
constexpr int kLowestInherited = 10;

bool listen_at(const UniqueFd& socket, std::uint16_t port) {
  const int yes = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const void* const raw = &address;
  return ::bind(socket.get(), static_cast<const sockaddr*>(raw), sizeof address) == 0 &&
         ::listen(socket.get(), SOMAXCONN) == 0;
}

}  // namespace

Result<DemoSocket> DemoSocket::open() {
  for (std::uint16_t port = kFirstPort; port < kFirstPort + kPorts; ++port) {
    UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return std::unexpected(system_error(errno, "a socket for the page"));
    if (listen_at(socket, port)) return DemoSocket{std::move(socket), port};
  }
  return fail(ErrorKind::unavailable,
              fmt::format("none of the ports {} to {} of 127.0.0.1 is free for the page",
                          kFirstPort, kFirstPort + kPorts - 1));
}

std::string DemoSocket::configuration() const {
  return fmt::format("\n[http]\nlisten = \"127.0.0.1:{}\"\n", port);
}

Result<UniqueFd> inheritable(const UniqueFd& socket) {
  UniqueFd copy(::fcntl(socket.get(), F_DUPFD, kLowestInherited));
  if (copy) return copy;
  return std::unexpected(system_error(errno, "handing over a socket"));
}

std::vector<std::string> handing_over(const UniqueFd& inherited,
                                      const std::vector<std::string>& command) {
  std::vector<std::string> whole = {
      "bash", "-c",
      fmt::format("export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$@\" 3<&{}-", inherited.get()),
      "bash"};
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

}  // namespace lockstep
