// SIGINT, SIGTERM, and a file that appears, as a flag: what stops all sending.

#pragma once

#include <atomic>
#include <csignal>
#include <string>
#include <thread>

namespace lockstep {

/// What stops a command, and why.
class StopSource {
 public:
  virtual ~StopSource() = default;
  /// Set once, from any thread.
  virtual const std::atomic<bool>& stop() const = 0;
  /// Whoever gave the command did it: it is not to go on later.
  virtual bool interrupted() const = 0;
  /// All sending is stopped, not this command alone.
  virtual bool by_file() const = 0;
};

/// While it lives, SIGINT, SIGTERM and SIGHUP set stop() instead of ending the process; a second
/// one ends it at once with status 130. Those that are ignored when it begins stay ignored. Create
/// it before other threads: they inherit its mask.
class StopSwitch final : public StopSource {
 public:
  /// Where `file` is not empty, stop() is also set within 5 ms of its being there.
  explicit StopSwitch(std::string file = {});
  ~StopSwitch() override;
  StopSwitch(const StopSwitch&) = delete;
  StopSwitch& operator=(const StopSwitch&) = delete;

  const std::atomic<bool>& stop() const override { return stop_; }
  /// A person at the terminal did it, by Ctrl-C.
  bool interrupted() const override { return signal_ == SIGINT; }
  /// The file did it.
  bool by_file() const override { return by_file_; }

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
