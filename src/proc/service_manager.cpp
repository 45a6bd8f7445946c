#include "proc/service_manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace lockstep {
namespace {

std::string take(const char* variable) {
  const char* const value = std::getenv(variable);
  std::string result = value == nullptr ? "" : value;
  ::unsetenv(variable);
  return result;
}

std::optional<long long> number_of(const std::string& text) {
  long long value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || *rest != '\0') return {};
  return value;
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  ServiceManager manager;
  manager.address_ = take("NOTIFY_SOCKET");
  const auto interval = number_of(take("WATCHDOG_USEC"));
  const std::string meant = take("WATCHDOG_PID");
  const bool ours = meant.empty() || number_of(meant) == ::getpid();
  if (interval && *interval > 0 && ours) manager.watchdog_ = std::chrono::microseconds(*interval);
  return manager;
}

UniqueFd take_handed_socket() {
  constexpr int kFirst = 3;  // as the protocol has it
  constexpr long long kMost = 64;
  const auto count = number_of(take("LISTEN_FDS"));
  const bool ours = number_of(take("LISTEN_PID")) == ::getpid();
  take("LISTEN_FDNAMES");
  UniqueFd first;
  if (!count || !ours) return first;
  for (int fd = kFirst; fd < kFirst + static_cast<int>(std::min(*count, kMost)); ++fd) {
    UniqueFd each(fd);
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
      each.release();  // there is none
    } else if (!first) {
      first = std::move(each);
    }
  }
  return first;
}

void ServiceManager::tell(std::string_view state) const {
  sockaddr_un address{};
  if (address_.empty() || address_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // of the abstract namespace
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace lockstep
