// What a process and all that it started use.

#pragma once

#include <sys/types.h>

#include <cstddef>

namespace lockstep {

struct TreeUse {
  std::size_t processes = 0;
  std::size_t memory_bytes = 0;  ///< that no file backs, in memory or swapped out
};

/// Of the descendants of `pid`, itself left out, as /proc shows them now. Processes that end
/// meanwhile count or not. Looks at `most` of them.
TreeUse use_of_descendants(pid_t pid, std::size_t most);

/// The processes and threads of a user, as RLIMIT_NPROC counts them.
std::size_t threads_of_user(uid_t user);

/// Kills the descendants of `pid`, itself left out. All are stopped before any is killed: those of
/// a fork bomb would be replaced faster than they end. Goes by parents, looked at again through a
/// pidfd, so that a number used again hits nobody else. What is born meanwhile may stay: call it
/// until nothing is left.
void kill_descendants(pid_t pid);

}  // namespace lockstep
