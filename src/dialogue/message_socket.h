// Messages over a SOCK_SEQPACKET socket, with a descriptor where one comes along.

#pragma once

#include <optional>

#include "base/result.h"
#include "base/unique_fd.h"
#include "dialogue/messages.h"

namespace lockstep::dialogue {

struct Received {
  Message message;
  UniqueFd descriptor;  ///< none where none came
};

/// The next message, without waiting: nothing where none is there. Errors: `unavailable` at the
/// end; `corrupt` where what came is no message.
Result<std::optional<Received>> receive(int socket);

/// Sends without waiting; false where there is no room. `descriptor` of -1: none. Errors:
/// `unavailable`, the other side is gone.
Result<bool> send(int socket, const Message& message, int descriptor = -1);

/// The same, and waits until there is room.
Result<void> send_waiting(int socket, const Message& message);

}  // namespace lockstep::dialogue
