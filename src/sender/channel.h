// Short messages with descriptors between the three processes (launcher.h), over a SOCK_SEQPACKET
// socket.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace lockstep::sender {

inline constexpr std::size_t kMostMessageBytes = 4096;
inline constexpr std::size_t kMostDescriptors = 2;

struct Message {
  std::string text;  ///< bytes, never empty
  std::vector<UniqueFd> descriptors;
};

/// Two ends that are tied to each other.
struct Pair {
  UniqueFd ours;
  UniqueFd theirs;
};
Result<Pair> make_pair();

/// `text` is not empty; of what is too long, the beginning. Errors: `unavailable`, the other side
/// is gone.
Result<void> send(int socket, std::string_view text, std::span<const int> descriptors = {});

/// The next message; nothing after `patience` (none: waits for ever). Errors: `unavailable`, the
/// other side is gone; `corrupt`, it sent more than belongs into a message.
Result<std::optional<Message>> receive(
    int socket, std::optional<std::chrono::milliseconds> patience = std::nullopt);

/// A process that is tied to us by a socket, its kSocket.
struct Started {
  pid_t pid = 0;
  UniqueFd socket;
};
/// `command[0]` is the path of a program. It has no other descriptor of ours but standard error, an
/// empty standard input, and a process group of its own, so that a terminal's signals go past it.
Result<Started> start(const std::vector<std::string>& command);

/// After exec, in a launcher or sender: signals for the whole program go past it, and it ends with
/// who started it.
void live_with_parent();

}  // namespace lockstep::sender
