#include "proc/stop_watch.h"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace lockstep {

StopWatch::StopWatch(std::string file, const std::atomic<bool>& process,
                     const std::atomic<bool>* caller)
    : file_(std::move(file)),
      process_(process),
      caller_(caller),
      thread_([this](const std::stop_token& token) {
        constexpr std::chrono::milliseconds kPoll(4);
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock(mutex);
        while (!token.stop_requested() && !look()) {
          wake.wait_for(lock, token, kPoll, [] { return false; });
        }
      }) {}

bool StopWatch::look() {
  if (caller_ != nullptr && *caller_) interrupted_ = stop_ = true;
  if (process_) stop_ = true;
  if (!file_.empty() && ::access(file_.c_str(), F_OK) == 0) by_file_ = stop_ = true;
  return stop_;
}

}  // namespace lockstep
