#include "plugin_host/host_socket.h"

#include <fmt/format.h>
#include <poll.h>
#include <pwd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/local_address.h"
#include "base/text.h"
#include "plugin_host/hosts.h"
#include "plugin_host/keeper_rights.h"
#include "plugin_host/messages.h"
#include "proc/packets.h"

namespace lockstep::plugin_host {
namespace {

constexpr std::size_t kMostHosts = 64;
constexpr int kBacklog = 64;

Result<UniqueFd> make_socket() {
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return std::unexpected(system_error(errno, "make a socket"));
  return socket;
}

bool connects(int socket, const sockaddr_un& address) {
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Result<uid_t> user_of(const std::string& name) {
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return found->pw_uid;
  return fail(ErrorKind::not_found, fmt::format("there is no user {}", quoted(name)));
}

Result<UniqueFd> listen_at(const std::string& path) {
  LOCKSTEP_TRY(const sockaddr_un address, local_address(path));
  LOCKSTEP_TRY(const UniqueFd probe, make_socket());
  if (connects(probe.get(), address)) {
    return fail(ErrorKind::unavailable, fmt::format("somebody else serves {}", quoted(path)));
  }
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());
  LOCKSTEP_TRY(UniqueFd socket, make_socket());
  // Anybody may connect to what is not ours to give away; who it is decides (Listener::is_served).
  const mode_t before = ::umask(0111);
  const int bound =
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int problem = errno;
  ::umask(before);
  if (bound != 0) return std::unexpected(system_error(problem, "make " + quoted(path)));
  if (::listen(socket.get(), kBacklog) != 0) {
    return std::unexpected(system_error(errno, "listen on " + quoted(path)));
  }
  return socket;
}

/// SIGTERM and SIGINT.
Result<UniqueFd> watch_for_end() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  ::sigprocmask(SIG_BLOCK, &ends, nullptr);
  UniqueFd signals(::signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals) return std::unexpected(system_error(errno, "watch for signals"));
  return signals;
}

class Listener {
 public:
  Listener(UniqueFd socket, UniqueFd ends, Hosts hosts, uid_t served)
      : socket_(std::move(socket)),
        ends_(std::move(ends)),
        hosts_(std::move(hosts)),
        served_(served) {}

  void run() {
    while (true) {
      std::array<pollfd, 3> events{pollfd{socket_.get(), POLLIN, 0}, pollfd{ends_.get(), POLLIN, 0},
                                   pollfd{hosts_.descriptor(), POLLIN, 0}};
      if (::poll(events.data(), events.size(), -1) < 0) continue;
      if (events[2].revents != 0) hosts_.look();
      if (events[1].revents != 0) break;
      if (events[0].revents != 0) take_one();
    }
    hosts_.end();
  }

 private:
  void take_one() {
    const UniqueFd caller(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!caller) return;
    const Result<void> taken = take(caller.get());
    if (taken) return;
    const Failure failure{taken.error().kind(), taken.error().message()};
    std::ignore = send_packet(caller.get(), write(failure));
  }

  Result<void> take(int caller) {
    if (!is_served(caller)) return fail(ErrorKind::denied, "it serves another user than you");
    if (hosts_.count() >= kMostHosts) {
      return fail(ErrorKind::unavailable, "too many plug-ins run at once");
    }
    LOCKSTEP_CHECK(hosts_.start(caller, ""));
    return {};
  }

  bool is_served(int caller) const {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(caller, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    return peer.uid == served_ || peer.uid == 0;
  }

  UniqueFd socket_;
  UniqueFd ends_;
  Hosts hosts_;
  uid_t served_;
};

}  // namespace

Result<void> serve_hosts(const ListenOptions& options, const std::function<void()>& ready) {
  LOCKSTEP_TRY(const uid_t served, user_of(options.served));
  LOCKSTEP_CHECK(keep_rights_for_hosts());
  LOCKSTEP_TRY(UniqueFd ends, watch_for_end());
  LOCKSTEP_TRY(Hosts hosts, Hosts::make());
  LOCKSTEP_TRY(UniqueFd socket, listen_at(options.path));
  ready();
  Listener(std::move(socket), std::move(ends), std::move(hosts), served).run();
  ::unlink(options.path.c_str());
  return {};
}

Result<UniqueFd> connect_to_host(const std::string& path) {
  LOCKSTEP_TRY(const sockaddr_un address, local_address(path));
  LOCKSTEP_TRY(UniqueFd socket, make_socket());
  if (connects(socket.get(), address)) return socket;
  const int problem = errno;
  const bool denied = problem == EACCES || problem == EPERM;
  return fail(denied ? ErrorKind::denied : ErrorKind::unavailable,
              fmt::format("no plug-in host serves {} ({}); start its unit, lockstep-plugins, or "
                          "correct [serve] plugins_socket",
                          quoted(path), std::strerror(problem)));
}

}  // namespace lockstep::plugin_host
