#include "daemon/board.h"

namespace lockstep {

void Board::update(const std::string& instance,
                   const std::function<void(InstanceStatus&)>& change) {
  const std::scoped_lock lock(mutex_);
  change(statuses_[instance]);
}

void Board::forget(const std::string& instance) {
  const std::scoped_lock lock(mutex_);
  statuses_.erase(instance);
}

std::map<std::string, InstanceStatus> Board::statuses() const {
  const std::scoped_lock lock(mutex_);
  return statuses_;
}

void Board::begin_step(const std::set<std::string>& idle) {
  const std::scoped_lock lock(mutex_);
  leave_.clear();
  idle_ = idle;
  // Taken between the choice of nodes and now.
  for (const auto& [node, when] : taken_) {
    if (idle_.contains(node)) leave_.add(node);
  }
}

void Board::end_step() {
  const std::scoped_lock lock(mutex_);
  idle_.clear();
}

std::vector<std::string> Board::asked_as_idle() const {
  const std::scoped_lock lock(mutex_);
  return {idle_.begin(), idle_.end()};
}

void Board::leave_now(const std::vector<std::string>& nodes) {
  const std::scoped_lock lock(mutex_);
  for (const std::string& node : nodes) {
    if (idle_.erase(node) > 0) leave_.add(node);
  }
}

std::size_t Board::take(const std::vector<std::string>& nodes, Steady now) {
  const std::scoped_lock lock(mutex_);
  std::size_t left = 0;
  for (const std::string& node : nodes) {
    taken_[node] = now;
    if (!idle_.contains(node)) continue;
    leave_.add(node);
    ++left;
  }
  return left;
}

void Board::correct(NodeSchedule& said, std::optional<Steady> asked) {
  const std::scoped_lock lock(mutex_);
  const auto taken = taken_.find(said.node);
  if (taken == taken_.end()) return;
  if (asked && *asked > taken->second) {
    taken_.erase(taken);
    return;
  }
  if (!counts_as_idle(said)) return;
  said.state = SchedulerState::allocated;
  said.reason = "a job was given this node";
}

}  // namespace lockstep
