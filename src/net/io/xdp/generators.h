// The threads in which the generator runs: one for each walker, each on a CPU of its own. A call
// into the kernel's test-run costs some 25 ms to begin and end, so there is one a pass and thread;
// pacing and the stop flag are the program's, and a signal ends the call.
//
// While generators run, the process answers the real-time signal SIGRTMIN + 6 by doing nothing.

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "net/io/xdp/xdp_programs.h"

namespace lockstep::net {

class Generators {
 public:
  /// Starts `count` walkers, whose state stands in the shared memory already, with frames of
  /// `frame_bytes`. `programs` must outlive this. Errors: `unavailable` where this process may use
  /// fewer than `count` CPUs.
  static Result<std::unique_ptr<Generators>> start(XdpPrograms& programs, std::size_t count,
                                                   std::size_t frame_bytes);
  /// Stops the sending, then as end().
  ~Generators();

  /// Whether every walker has nothing left to send, or saw the stop flag, or failed.
  bool done() const;

  /// Ends the threads' calls and joins them: the first error of any. Sends nothing more afterwards.
  Result<void> end();

 private:
  struct Thread {
    std::atomic<bool> left{false};
    std::jthread thread;
  };

  explicit Generators(XdpPrograms& programs) : programs_(programs) {}
  void run(Thread& thread, int cpu, std::size_t frame_bytes);

  XdpPrograms& programs_;
  std::atomic<bool> leave_{false};
  std::vector<std::unique_ptr<Thread>> threads_;
  std::mutex mutex_;
  std::optional<Error> error_;  // guarded by mutex_
};

/// The CPUs that this process may use and that a walker can have, ascending.
std::vector<int> generator_cpus();

}  // namespace lockstep::net
