// SIGINT and SIGTERM as a flag.

#pragma once

#include <atomic>
#include <csignal>
#include <thread>

namespace lockstep {

/// While it lives, SIGINT, SIGTERM and SIGHUP set stop() instead of ending the process; a second
/// one ends it at once with status 130. Those that are ignored when it begins stay ignored. Create
/// it before other threads: they inherit its mask.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  const std::atomic<bool>& stop() const { return stop_; }

 private:
  void watch(const std::stop_token& token);

  std::atomic<bool> stop_{false};
  sigset_t watched_;
  sigset_t before_;
  std::jthread thread_;
};

}  // namespace lockstep
