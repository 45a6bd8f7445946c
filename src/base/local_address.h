// Addresses of local sockets (unix(7)).

#pragma once

#include <sys/un.h>

#include <string>

#include "base/result.h"

namespace lockstep {

/// The address of the socket at `path`. Errors: `invalid` where it is empty or too long for one.
Result<sockaddr_un> local_address(const std::string& path);

}  // namespace lockstep
