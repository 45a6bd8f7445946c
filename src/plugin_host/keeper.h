// How a daemon that has given up its rights gets plug-ins run by another user:
//
//   core     has no capability, and is to be out of the reach of plug-ins
//   keeper   started by the core before it gives up its rights; may become another user and end
//   what
//            is another user's, reads nothing but requests for a host, and starts them
//   host     one a run of a plug-in (host.h): becomes the user, gives up all else, runs it, ends
//
// Whichever of the three dies, what depends on it ends, and with a host all that it ran. Decision
// 25 says why it is so.

#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace lockstep::plugin_host {

/// The core's end. Any thread may start hosts; several may run side by side.
class Keeper {
 public:
  /// Starts the keeper, `command`, whose first word is the path of a program. Before there are
  /// threads, and with the rights that it takes to become another user, if they are there; the
  /// caller keeps its own. Errors: `unavailable`.
  static Result<std::unique_ptr<Keeper>> start(const std::vector<std::string>& command);
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  /// A host that waits for its order. `user` as in become.h; the same in all calls: the keeper
  /// remembers the first, so that a core that somebody has taken over cannot become anybody.
  /// Errors: `unavailable` where the keeper is gone, for good, or can start no process now;
  /// `denied` where the user is another one.
  Result<UniqueFd> start_host(const std::string& user);

  /// Ends it, and all that its hosts run: plug-ins are somebody else's to run.
  void end();
  /// It has died by itself. Costs a system call.
  bool gone() const;
  /// 0 after end().
  pid_t pid() const { return pid_; }

 private:
  Keeper(pid_t pid, UniqueFd socket) : pid_(pid), socket_(std::move(socket)) {}

  pid_t pid_;
  UniqueFd socket_;
  std::mutex mutex_;  // one request at a time
};

/// The keeper itself: takes all rights from this process but those that it needs, and starts a host
/// for each request that comes over the socket that start() has left it, until its other end
/// closes.
Result<void> run_keeper();

}  // namespace lockstep::plugin_host
