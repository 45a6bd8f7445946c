// What the scheduler says of all nodes, asked for by a thread of its own: a scheduler that hangs
// must not keep anybody from seeing what else happens.

#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "serve/api/node_dictionary.h"
#include "serve/api/world.h"

namespace lockstep::serve {

/// For several threads at once.
class ScheduleWatch {
 public:
  /// `world` outlives it.
  explicit ScheduleWatch(ApiWorld& world) : world_(world) {}
  ~ScheduleWatch() { stop(); }

  void start();
  void stop();

  /// Null: nothing was said yet. The same object as long as the same is said.
  std::shared_ptr<const Schedules> current() const;
  /// Asks now, and returns when there is an answer.
  void ask();

 private:
  bool try_ask();
  void run(const std::stop_token& token);

  ApiWorld& world_;
  std::mutex asking_;  // an answer must not replace a later one
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::shared_ptr<const Schedules> current_{};
  std::jthread thread_{};
};

}  // namespace lockstep::serve
