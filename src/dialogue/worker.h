// The side of dialogues that has no rights: tasks in, outcomes out. It talks over connections that
// it is handed, and can make none.

#pragma once

#include <functional>

#include "base/result.h"
#include "dialogue/dialogue.h"
#include "services/matcher.h"

namespace lockstep::dialogue {

struct WorkerOptions {
  Patience patience{};
  /// Called once everything is there that the work needs, before the first task: gives up rights.
  std::function<Result<void>()> lock_down;
};

/// Serves tasks that come over `socket` until its other end closes. Errors: a socket that is none,
/// a message that is none, rights that cannot be given up. Blocks; dialogues go on side by side in
/// this one thread.
Result<void> serve_tasks(int socket, services::Matcher& matcher, const WorkerOptions& options);

}  // namespace lockstep::dialogue
