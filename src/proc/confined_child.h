// A child process that reads what strangers say: started with next to no rights (lockdown.h takes
// the rest), and joined to us by one socket alone.

#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace lockstep {

/// The child's end of the socket is this descriptor of it (SOCK_SEQPACKET: messages stay whole).
inline constexpr int kConfinedSocket = 3;
/// And what it is given to read, where it is given something; else this descriptor is closed.
inline constexpr int kConfinedInput = 4;

/// Killed and waited for when the object goes.
class ConfinedChild {
 public:
  /// `command[0]` is the path of a program. The child has standard input from /dev/null, our
  /// standard error as its error and output, no other descriptor of ours, a process group of its
  /// own, no new privileges, and no capability but those to change its user (which lock_down()
  /// does). It ends when we do. `input` is a descriptor that it gets as kConfinedInput, or -1; it
  /// stays the caller's.
  static Result<ConfinedChild> start(const std::vector<std::string>& command, int input = -1);
  ConfinedChild(ConfinedChild&& other) noexcept;
  ConfinedChild& operator=(ConfinedChild&& other) noexcept;
  ConfinedChild(const ConfinedChild&) = delete;
  ~ConfinedChild();

  int socket() const { return socket_.get(); }
  pid_t pid() const { return pid_; }
  /// How it ended, for a person ("killed by signal 11"); nothing while it runs.
  std::optional<std::string> ended();

 private:
  ConfinedChild(pid_t pid, UniqueFd socket) : pid_(pid), socket_(std::move(socket)) {}

  pid_t pid_ = 0;  // 0: waited for
  UniqueFd socket_;
};

}  // namespace lockstep
