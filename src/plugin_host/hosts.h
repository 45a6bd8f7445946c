// The hosts that a process has started, and whatever is left of what they ran.

#pragma once

#include <sys/types.h>

#include <set>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace lockstep::plugin_host {

/// For a process with one thread, of which it takes SIGCHLD and all orphans: a plug-in that ends
/// its guard and its host, which are of its user, is ended by this process. One object a process.
class Hosts {
 public:
  static Result<Hosts> make();

  /// Readable when look() has something to do.
  int descriptor() const { return signals_.get(); }
  /// Waits for hosts that have ended, and ends what they left.
  void look();

  /// A fork that runs run_host() with `socket` and no other descriptor of ours, as a leader of a
  /// group of processes; it ends with us. Errors: `unavailable`.
  Result<pid_t> start(int socket, const std::string& user);
  std::size_t count() const { return hosts_.size(); }

  /// Ends them all, and all that they started. Takes a few seconds at most.
  void end();

 private:
  explicit Hosts(UniqueFd signals) : signals_(std::move(signals)) {}

  bool reap();

  UniqueFd signals_;
  std::set<pid_t> hosts_;
};

}  // namespace lockstep::plugin_host
