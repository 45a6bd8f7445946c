#include "proc/stop_switch.h"

#include <pthread.h>
#include <unistd.h>

#include <utility>

namespace lockstep {
namespace {

/// As nohup(1) and shells that start something in the background ask for; a blocked signal would
/// reach us all the same.
bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

StopSwitch::StopSwitch(std::string file) : file_(std::move(file)) {
  sigemptyset(&watched_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (!is_ignored(signal)) sigaddset(&watched_, signal);
  }
  ::pthread_sigmask(SIG_BLOCK, &watched_, &before_);
  thread_ = std::jthread([this](const std::stop_token& token) { watch(token); });
}

StopSwitch::~StopSwitch() {
  thread_.request_stop();
  thread_.join();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void StopSwitch::watch(const std::stop_token& token) {
  constexpr timespec kWakeUp{0, 4'000'000};
  constexpr int kInterrupted = 130;
  while (!token.stop_requested()) {
    const int signal = ::sigtimedwait(&watched_, nullptr, &kWakeUp);
    if (signal <= 0) {
      if (!file_.empty() && ::access(file_.c_str(), F_OK) == 0) by_file_ = stop_ = true;
      continue;
    }
    if (signal_ == 0) signal_ = signal;
    if (stop_.exchange(true)) ::_exit(kInterrupted);
  }
}

}  // namespace lockstep
