// A plug-in host: the process that runs one command for a core that is not of its user, and ends.

#pragma once

#include <sys/types.h>

#include <string>

namespace lockstep::plugin_host {

/// Becomes the user `user` (become.h), takes one order over `socket`, runs it, and says how it went
/// (messages.h). Nothing of the command is left when it returns, unless it says so. Where the other
/// end is closed, all is over within 100 ms. In a fork of `parent`, with one thread, which ends
/// with it.
void run_host(int socket, pid_t parent, const std::string& user);

}  // namespace lockstep::plugin_host
