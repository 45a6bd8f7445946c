// Runs dialogues in processes without rights (dialogue/worker.h), and makes their connections for
// them.
//
// Only here a connection is made: to the address and port of a task, if the fence permits it, so
// many times and no more. A process that crashes, hangs, or says what is no message is replaced:
// the task whose bytes it looked at ends without a result, the others begin again elsewhere, as
// often as it takes: each time there is one less that can do it.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "dialogue/messages.h"
#include "scan/plan.h"

namespace lockstep {

struct DialoguePoolOptions {
  /// How a worker is started; its socket is kConfinedSocket (proc/confined_child.h).
  std::vector<std::string> command;
  std::shared_ptr<const UniqueFd>
      input{};  ///< what each is given to read (kConfinedInput), or null
  scan::Fence fence;
  unsigned workers = 1;
  /// At a time, of all nodes together, and less while these are too many (dialogue_pace.h); one of
  /// each node.
  unsigned most_dialogues = 256;
  std::chrono::milliseconds connect_timeout{2500};  ///< a lost SYN is sent again after 1 s
  /// A process that has said nothing for a second is asked whether it is there; it hangs if it does
  /// not say so for this long.
  std::chrono::milliseconds hangs_after{5000};
  /// The longest that one dialogue takes, however many connections it makes (dialogue.h bounds it
  /// well below): a process that has not told the outcome by then is ended.
  std::chrono::milliseconds longest_dialogue{30000};
};

/// One port of one node. A node's jobs go one after the other.
struct DialogueJob {
  std::size_t node = 0;  ///< the same number for all jobs of a node
  IpAddress address;
  dialogue::Task task;  ///< its id is the pool's
};

/// The most connections of one dialogue.
inline constexpr unsigned kMostConnections = 24;

class DialoguePool {
 public:
  /// Called with the job's index, once each, in any order.
  using Report = std::function<void(std::size_t job, dialogue::Outcome outcome)>;

  /// Called often, from run(): the nodes, by their jobs' number, that are to be left alone and were
  /// not told before.
  using LeftNodes = std::function<std::vector<std::size_t>()>;

  explicit DialoguePool(DialoguePoolOptions options);
  DialoguePool(DialoguePool&&) noexcept;
  DialoguePool& operator=(DialoguePool&&) noexcept;
  ~DialoguePool();

  /// Starts the processes, so that they are ready when jobs come. run() does it too.
  Result<void> start();

  /// Runs all jobs; returns early, having reported some, when `stop` is set. The connections to a
  /// node that is to be left are closed at once, and its other jobs are not begun; neither are
  /// reported. `left` may be empty. Errors: `unavailable`
  /// where no process can be started, or each new one ends at once. Blocks; one call at a time.
  Result<void> run(const std::vector<DialogueJob>& jobs, const Report& report,
                   const std::atomic<bool>* stop, const LeftNodes& left = {});

 private:
  class Run;
  struct Worker;

  Result<void> start_missing();

  DialoguePoolOptions options_;
  std::vector<Worker> workers_;
};

}  // namespace lockstep
