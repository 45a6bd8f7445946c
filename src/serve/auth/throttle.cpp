#include "serve/auth/throttle.h"

#include <algorithm>

namespace lockstep::serve {
namespace {

constexpr unsigned kFreeTries = 3;
constexpr std::chrono::seconds kLongest(300);
constexpr std::chrono::hours kForgotten(1);
/// More keys than that are somebody who changes his: the oldest go.
constexpr std::size_t kMostKeys = 10'000;

}  // namespace

Throttle::Clock::time_point Throttle::free_at(const Failures& failures) {
  if (failures.count < kFreeTries) return failures.last;
  const unsigned doublings = std::min(failures.count - kFreeTries, 9U);
  return failures.last + std::min(std::chrono::seconds(1U << doublings), kLongest);
}

std::chrono::seconds Throttle::wait(const std::string& key, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto place = failures_.find(key);
  if (place == failures_.end()) return {};
  if (now - place->second.last > kForgotten) {
    failures_.erase(place);
    return {};
  }
  if (place->second.count < kFreeTries) return {};
  const auto left = std::chrono::ceil<std::chrono::seconds>(free_at(place->second) - now);
  return std::max(left, std::chrono::seconds(0));
}

void Throttle::failed(const std::string& key, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (failures_.size() >= kMostKeys && !failures_.contains(key)) {
    failures_.erase(
        std::ranges::min_element(failures_, {}, [](const auto& each) { return each.second.last; }));
  }
  Failures& failures = failures_[key];
  ++failures.count;
  failures.last = now;
}

void Throttle::succeeded(const std::string& key) {
  const std::lock_guard lock(mutex_);
  failures_.erase(key);
}

}  // namespace lockstep::serve
