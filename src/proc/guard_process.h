// The guard: a process between us and a command that nobody trusts. All that the command starts,
// and what that starts, is the guard's to end: it is their subreaper (prctl(2)), so that one which
// leaves its group, its session and its parent becomes the guard's own child. It ends them when the
// command ends, when it is told to, and when we die.
//
// It is a fork of us that never execs, and other threads may have held any lock when it was made:
// everything here is system calls.

#pragma once

#include <sys/types.h>

#include <cstdint>

namespace lockstep {

/// What a command runs as. All is borrowed, and made before the fork.
struct GuardedStart {
  const char* program;           ///< a path
  char* const* arguments;        ///< ends with null
  char* const* environment;      ///< ends with null
  int input, output, complaint;  ///< descriptors that become 0, 1 and 2
  bool changes_user;
  uid_t user;
  gid_t group;
  unsigned open_files;
  unsigned long most_of_user;  ///< processes and threads, wherever they come from
};

/// What the guard says, and is told, by its socket (SOCK_SEQPACKET).
enum class GuardWord : std::int32_t {
  exec_failed,  ///< it says: `value` is errno
  ended,        ///< it says: the command has; `value` is its status, as waitpid() gives it
  gone,         ///< it says: all that was left is; `value` says how many processes that were
  term,         ///< it is told: SIGTERM to the command's group
  kill,         ///< it is told: SIGKILL to all
};
struct GuardMessage {
  GuardWord word;
  std::int32_t value;
};

/// The guard itself, in the child of a fork; `control` is its end of the socket.
[[noreturn]] void run_guard(const GuardedStart& start, int control);

}  // namespace lockstep
