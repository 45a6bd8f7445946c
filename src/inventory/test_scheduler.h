// A scheduler whose answers a test writes, and whose queries take the time that a test says.

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "inventory/scheduler.h"

namespace lockstep {

inline NodeSchedule schedule_of(std::string node, SchedulerState state) {
  NodeSchedule result;
  result.node = std::move(node);
  result.state = state;
  return result;
}

class TestScheduler : public Scheduler {
 public:
  using Answer = std::function<Result<std::vector<NodeSchedule>>(std::span<const std::string> nodes,
                                                                 std::chrono::milliseconds time)>;

  explicit TestScheduler(Answer answer, bool tells_all = false)
      : Scheduler("test", tells_all), answer_(std::move(answer)) {}

 private:
  Result<std::vector<NodeSchedule>> do_query(std::span<const std::string> nodes,
                                             std::chrono::milliseconds time) override {
    return answer_(nodes, time);
  }

  Answer answer_;
};

}  // namespace lockstep
