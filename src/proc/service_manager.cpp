#include "proc/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/unique_fd.h"

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
