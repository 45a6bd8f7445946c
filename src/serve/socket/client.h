// The command line's end of the local control socket.

#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "serve/socket/line_socket.h"
#include "serve/socket/messages.h"

namespace lockstep::serve {

/// Nothing where no daemon serves `path`. Errors: `denied` where one may, but not this user.
Result<std::optional<LineSocket>> connect(const std::string& path);

/// Gives the command, hands on what the daemon says, and returns the exit status. Errors:
/// `unavailable` where the daemon goes away in the middle; what it does for us, it stops, or has
/// done.
Result<int> call(LineSocket& socket, const Request& request,
                 const std::function<Result<void>(const Message&)>& receive);

}  // namespace lockstep::serve
