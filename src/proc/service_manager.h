// Tells systemd how this process is: sd_notify(3), whose protocol is a datagram to $NOTIFY_SOCKET.
// And takes what it hands over: sd_listen_fds(3).

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace lockstep {

class ServiceManager {
 public:
  /// From the environment, which is then cleared: programs that this one starts are none of the
  /// manager's.
  static ServiceManager from_environment();

  /// "READY=1", "STOPPING=1", "STATUS=...". Without a manager nothing happens.
  void tell(std::string_view state) const;

  /// WATCHDOG=1 is expected so often; nothing: it is not.
  const std::optional<std::chrono::microseconds>& watchdog() const { return watchdog_; }

 private:
  std::string address_;
  std::optional<std::chrono::microseconds> watchdog_;
};

/// The first of the sockets that whoever started us has opened for us; none: it has not. The
/// environment is cleared, and programs that we start get none of them. To be called once, before
/// other descriptors are opened.
UniqueFd take_handed_socket();

}  // namespace lockstep
