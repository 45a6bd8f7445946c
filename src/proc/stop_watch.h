// What stops a command in a process that goes on.

#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "proc/stop_switch.h"

namespace lockstep {

/// Sets stop() within 5 ms of any of these: the process ends, the caller has gone, a file is there.
class StopWatch final : public StopSource {
 public:
  /// `process` and `caller` outlive it; `caller` may be null, `file` empty.
  StopWatch(std::string file, const std::atomic<bool>& process, const std::atomic<bool>* caller);

  const std::atomic<bool>& stop() const override { return stop_; }
  /// The caller is gone: what he wanted is not to go on later.
  bool interrupted() const override { return interrupted_; }
  bool by_file() const override { return by_file_; }

 private:
  bool look();

  std::string file_;
  const std::atomic<bool>& process_;
  const std::atomic<bool>* caller_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> interrupted_{false};
  std::atomic<bool> by_file_{false};
  std::jthread thread_;  // last: it starts when all else is there
};

}  // namespace lockstep
