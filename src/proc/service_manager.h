// Tells systemd how this process is: sd_notify(3), whose protocol is a datagram to $NOTIFY_SOCKET.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

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

}  // namespace lockstep
