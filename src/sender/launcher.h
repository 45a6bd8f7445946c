// How a process without rights gets packets sent. Three processes:
//
//   core      reads what strangers say, and has no capability
//   launcher  started by the core before it gives up its rights; keeps those of senders, reads
//             nothing but requests for a sender, and starts them
//   sender    one a run of an engine: opens what it needs, gives up everything, sends, ends
//
// A sender and the core share the result table's memory; the plan goes over by value
// (remote_engine.h). Whichever of the three dies, what depends on it ends: the launcher and its
// senders with the core, senders with the launcher. Decision 19 says why it is so.

#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace lockstep::sender {

/// The descriptor by which a launcher and a sender are tied to who asked for them.
inline constexpr int kSocket = 3;

/// A sender that waits for its plan.
struct StartedSender {
  UniqueFd socket;  ///< SOCK_SEQPACKET; when it is closed, the sender ends
  pid_t pid = 0;    ///< for people and tests: the launcher waits for it
};

/// The core's end. Any thread may start senders; several may run side by side.
class Launcher {
 public:
  /// Starts the launcher, `command`, whose first word is the path of a program. Before there are
  /// threads, and with the rights that senders are to have; the caller keeps its own
  /// (drop_all_rights() of proc/rights.h takes them). The launcher ends with the calling thread,
  /// which has to live as long as it is used. Errors: `unavailable`.
  static Result<std::unique_ptr<Launcher>> start(const std::vector<std::string>& command);
  /// Ends the launcher, and all senders.
  ~Launcher();
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  /// Errors: `unavailable` where the launcher is gone, for good, or can start no process now.
  Result<StartedSender> start_sender();

  /// Whether senders may open packet sockets, and load XDP programs; else `denied` with what is
  /// missing, as this process found when it started the launcher.
  const Result<void>& may_send() const { return may_send_; }
  const Result<void>& may_use_xdp() const { return may_use_xdp_; }

  pid_t pid() const { return pid_; }
  /// It has died. Nothing can be sent any more: this program has to be started again. Costs a
  /// system call.
  bool gone() const;

 private:
  Launcher(pid_t pid, UniqueFd socket) : pid_(pid), socket_(std::move(socket)) {}

  pid_t pid_;
  UniqueFd socket_;
  Result<void> may_send_{};
  Result<void> may_use_xdp_{};
  std::mutex mutex_;  // one request at a time
};

/// The launcher itself: takes all rights from this process but those that senders need, and starts
/// a sender, `command`, for each request that comes over kSocket, until its other end closes.
Result<void> run_launcher(const std::vector<std::string>& command);

}  // namespace lockstep::sender
