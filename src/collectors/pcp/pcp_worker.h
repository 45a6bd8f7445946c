// The side of a PCP round that has no rights: connections and questions in, values out. libpcp
// waits where it asks, so that each question has a thread while it is answered.

#pragma once

#include <cstddef>
#include <functional>

#include "base/result.h"

namespace lockstep::pcp {

/// Questions that are answered side by side.
inline constexpr std::size_t kWorkerThreads = 64;
/// libpcp keeps descriptors in an fd_set, which ends at FD_SETSIZE; some are the process's own.
inline constexpr std::size_t kMostConnectionsAWorker = 960;

struct WorkerOptions {
  /// Called before threads are started, once libpcp needs no more files; and once all are there.
  std::function<Result<void>()> give_up_rights{};
  std::function<Result<void>()> lock_down{};
};

/// Serves what comes over `socket` until its other end closes. Errors: a message that is none,
/// rights that cannot be given up, libpcp that does not work. Blocks.
Result<void> serve_questions(int socket, const WorkerOptions& options);

}  // namespace lockstep::pcp
