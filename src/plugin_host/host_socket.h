// Plug-in hosts that a unit of their own starts, for a core that connects.

#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace lockstep::plugin_host {

struct ListenOptions {
  std::string path;  ///< of the socket, which is made; one that nobody serves any more is replaced
  /// Who may connect besides root, as the kernel tells it; anybody else is turned away. Not whom
  /// plug-ins run as.
  std::string served;
};

/// Starts a host for each connection (messages.h), 64 at once, until SIGTERM or SIGINT; then
/// nothing of what they ran is left. They run as this process does, as nobody where that is root.
/// `ready` is called when connections are taken. In a process with one thread. Errors: `not_found`,
/// no such user; `unavailable`.
Result<void> serve_hosts(const ListenOptions& options, const std::function<void()>& ready);

/// The core's end: a host that waits for its order. Errors: `unavailable`, nobody serves `path`;
/// `denied`.
Result<UniqueFd> connect_to_host(const std::string& path);

}  // namespace lockstep::plugin_host
