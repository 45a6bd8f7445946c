// Whole packets over a SOCK_SEQPACKET socket between two processes of ours, with a descriptor where
// one comes along (unix(7), SCM_RIGHTS).

#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"

namespace lockstep {

struct Packet {
  std::span<const std::byte> bytes;  ///< of the buffer that it was received into
  UniqueFd descriptor;               ///< none where none came
};

/// The next packet, without waiting: nothing where none is there. Errors: `unavailable` at the end;
/// `corrupt` where it was longer than `buffer`, or came with more descriptors than one.
Result<std::optional<Packet>> receive_packet(int socket, std::span<std::byte> buffer);

/// Sends without waiting; false where there is no room. `descriptor` of -1: none. Errors:
/// `unavailable`, the other side is gone.
Result<bool> send_packet(int socket, std::span<const std::byte> bytes, int descriptor = -1);

/// The same, and waits until there is room.
Result<void> send_packet_waiting(int socket, std::span<const std::byte> bytes);

}  // namespace lockstep
