// One datagram to a syslog daemon.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace lockstep::notify {

/// By UDP. Waits a moment for the word of the other host that nobody listens there: no more is ever
/// heard of a datagram. Errors: `not_found` (the name), `unavailable`.
Result<void> send_udp(const std::string& host, const std::string& port, std::string_view bytes);

/// To a socket of this machine, such as /dev/log.
Result<void> send_local(const std::string& path, std::string_view bytes);

}  // namespace lockstep::notify
