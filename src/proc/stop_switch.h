// SIGINT, SIGTERM, and a file that appears, as a flag: what stops all sending.

#pragma once

#include <atomic>
#include <csignal>
#include <string>
#include <thread>

namespace lockstep {

/// While it lives, SIGINT, SIGTERM and SIGHUP set stop() instead of ending the process; a second
/// one ends it at once with status 130. Those that are ignored when it begins stay ignored. Create
/// it before other threads: they inherit its mask.
class StopSwitch {
 public:
  /// Where `file` is not empty, stop() is also set within 5 ms of its being there.
  explicit StopSwitch(std::string file = {});
  ~StopSwitch();
  StopSwitch(const StopSwitch&) = delete;
  StopSwitch& operator=(const StopSwitch&) = delete;

  const std::atomic<bool>& stop() const { return stop_; }
  /// A person at the terminal did it, by Ctrl-C.
  bool interrupted() const { return signal_ == SIGINT; }
  /// The file did it.
  bool by_file() const { return by_file_; }

 private:
  void watch(const std::stop_token& token);

  std::string file_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> by_file_{false};
  std::atomic<int> signal_{0};  // that set it
  sigset_t watched_;
  sigset_t before_;
  std::jthread thread_;
};

}  // namespace lockstep
