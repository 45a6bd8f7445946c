#include "serve/api/schedule_watch.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace lockstep::serve {
namespace {

using std::chrono::milliseconds;

/// Who answers has it in a cache, and asks the scheduler itself far less often.
constexpr milliseconds kLeastPause(1000);
constexpr milliseconds kMostPause(10'000);
/// Of many nodes the answer costs time: it is asked for a tenth of the time at most.
constexpr int kPausePerCost = 10;

}  // namespace

void ScheduleWatch::start() {
  thread_ = std::jthread([this](const std::stop_token& token) { run(token); });
}

void ScheduleWatch::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const Schedules> ScheduleWatch::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void ScheduleWatch::ask() {
  const std::lock_guard one_at_a_time(asking_);
  const auto inventory = world_.inventory();
  std::vector<std::string> names;
  names.reserve(inventory->nodes.size());
  for (const auto& [name, node] : inventory->nodes) names.push_back(name);
  auto next = renewed_schedules(current(), inventory, world_.schedules(names));
  const std::lock_guard lock(mutex_);
  current_ = std::move(next);
}

/// False: there was no memory, most likely; what was said last stays.
bool ScheduleWatch::try_ask() {
  try {
    ask();
  } catch (const std::exception&) {
    return false;
  }
  return true;
}

void ScheduleWatch::run(const std::stop_token& token) {
  while (!token.stop_requested()) {
    const auto begun = std::chrono::steady_clock::now();
    const bool has_asked = try_ask();
    const auto cost = std::chrono::ceil<milliseconds>(std::chrono::steady_clock::now() - begun);
    const auto pause =
        has_asked ? std::clamp(cost * kPausePerCost, kLeastPause, kMostPause) : kMostPause;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, token, pause, [] { return false; });
  }
}

}  // namespace lockstep::serve
