#include "proc/signals.h"

#include <pthread.h>
#include <unistd.h>

namespace lockstep {
namespace {

/// As nohup(1) and shells that start something in the background ask for; a blocked signal would
/// reach us all the same.
bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

StopOnSignal::StopOnSignal() {
  sigemptyset(&watched_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (!is_ignored(signal)) sigaddset(&watched_, signal);
  }
  ::pthread_sigmask(SIG_BLOCK, &watched_, &before_);
  thread_ = std::jthread([this](const std::stop_token& token) { watch(token); });
}

StopOnSignal::~StopOnSignal() {
  thread_.request_stop();
  thread_.join();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void StopOnSignal::watch(const std::stop_token& token) {
  constexpr timespec kWakeUp{0, 20'000'000};
  constexpr int kInterrupted = 130;
  while (!token.stop_requested()) {
    if (::sigtimedwait(&watched_, nullptr, &kWakeUp) <= 0) continue;
    if (stop_.exchange(true)) ::_exit(kInterrupted);
  }
}

}  // namespace lockstep
