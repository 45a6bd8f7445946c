// Nodes that are to be left alone from now on: a job began there while they were asked.

#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>

namespace lockstep {

/// For several threads at once.
class LeaveList {
 public:
  void add(const std::string& node) {
    const std::scoped_lock lock(mutex_);
    if (nodes_.insert(node).second) version_.fetch_add(1, std::memory_order_release);
  }

  /// For a new collection, whose nodes were chosen anew.
  void clear() {
    const std::scoped_lock lock(mutex_);
    nodes_.clear();
    version_.fetch_add(1, std::memory_order_release);
  }

  bool contains(const std::string& node) const {
    const std::scoped_lock lock(mutex_);
    return nodes_.contains(node);
  }

  /// Changes with the list, so that whoever polls need not look through it each time.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> nodes_;
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace lockstep
