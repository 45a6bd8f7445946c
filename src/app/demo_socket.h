// Where a browser of this machine finds the daemon of the demonstration.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace lockstep {

/// Listens on loopback of the network namespace that we are in. The daemon runs in the monitor's,
/// where no browser is; a socket stays in the namespace that it was made in, so we make this one
/// and hand it over.
struct DemoSocket {
  UniqueFd socket;
  std::uint16_t port = 0;

  /// The first port that is free, from 7480 on. Errors: `unavailable`.
  static Result<DemoSocket> open();

  /// "[http]" for the configuration.
  std::string configuration() const;
};

/// A descriptor that programs get which we start: only as long as it lives.
Result<UniqueFd> inheritable(const UniqueFd& socket);

/// `command` with that descriptor as sd_listen_fds(3) hands over sockets. The shell knows the
/// number of the process that the program will be, in the PID namespace in which it runs.
std::vector<std::string> handing_over(const UniqueFd& inherited,
                                      const std::vector<std::string>& command);

}  // namespace lockstep
