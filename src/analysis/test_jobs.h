// What a job scheduler says of the nodes of a test's World.

#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "analysis/test_world.h"

namespace lockstep {

inline PortSet port_range(Port first, Port last) {
  PortSet set;
  set.insert_range(first, last);
  return set;
}

inline NodeSchedule in_state(int node, SchedulerState state, std::vector<SchedulerJob> jobs = {}) {
  NodeSchedule schedule;
  schedule.node = fmt::format("n{}", node);
  schedule.state = state;
  schedule.jobs = std::move(jobs);
  return schedule;
}

inline NodeSchedule held(int node, std::vector<SchedulerJob> jobs) {
  return in_state(node, SchedulerState::allocated, std::move(jobs));
}

inline NodeSchedule stranger(int node) {
  NodeSchedule schedule = in_state(node, SchedulerState::unknown);
  schedule.stranger = true;
  return schedule;
}

inline JobListener tied_to(int node, Port port, std::vector<std::string> jobs,
                           WallTime since = kNoon) {
  return {fmt::format("n{}", node), "management", Protocol::tcp, port, std::move(jobs), since};
}

/// A World in which jobs may open 8888-8999 and 32768-60999, and the scheduler has said nothing.
inline World with_jobs(int count) {
  World world(count);
  world.jobs.emplace().ports = port_range(8888, 8999) | port_range(32'768, 60'999);
  return world;
}

inline JobTies ties_of(const World& world) {
  return world.judged_by([](const JudgeInput& input) { return tie_listeners(input); });
}

}  // namespace lockstep
