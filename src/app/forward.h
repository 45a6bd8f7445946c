// A command line that goes to the daemon where one runs, and what the daemon makes of it.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/console.h"
#include "app/daemon_link.h"
#include "cli/options.h"
#include "serve/socket/server.h"

namespace lockstep {

/// The control socket of a configuration.
std::string control_socket(const Config& config);

/// Gives the command to a daemon, where it is one for daemons and there is one: its exit status;
/// nothing: it has to be done here. `words` are the command line without the program's name. Which
/// daemon: that of --socket; that of the configuration which --config names; of $LOCKSTEP_SOCKET;
/// of the configuration. Where that cannot be read and nobody named it, the one in the usual place,
/// with a warning: a prolog and a `reload` must not depend on a file that somebody is editing.
/// Errors: `denied`, `unavailable`, and those of the configuration.
Result<std::optional<int>> forward(const cli::Options& options,
                                   const std::vector<std::string>& words, Console& console);

/// The daemon's side: does a command for whoever called, and returns its exit status.
int answer(const serve::Request& request, serve::Call& call, DaemonLink& daemon,
           const std::atomic<bool>& stopping);

}  // namespace lockstep
