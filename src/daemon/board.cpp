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

void Board::begin(Asking& asking, const std::set<std::string>& asked,
                  const std::set<std::string>& idle) {
  asking.leave.clear();
  asking.asked = asked;
  asking.idle = idle;
  // Taken between the choice of nodes and now.
  for (const auto& [node, when] : taken_) {
    if (idle.contains(node)) asking.leave.add(node);
  }
}

template <typename Visit>
void Board::for_each_asking(const Visit& visit) {
  visit(step_);
  for (auto& [instance, round] : rounds_) visit(round);
}

void Board::begin_step(const std::set<std::string>& idle) {
  const std::scoped_lock lock(mutex_);
  begin(step_, idle, idle);
}

void Board::ask_instead(const std::set<std::string>& asked, const std::set<std::string>& idle) {
  const std::scoped_lock lock(mutex_);
  begin(step_, asked, idle);
}

void Board::end_step() {
  const std::scoped_lock lock(mutex_);
  step_.asked.clear();
  step_.idle.clear();
}

const LeaveList& Board::begin_round(const std::string& instance, const std::set<std::string>& asked,
                                    const std::set<std::string>& idle) {
  const std::scoped_lock lock(mutex_);
  Asking& round = rounds_[instance];
  begin(round, asked, idle);
  return round.leave;
}

void Board::end_round(const std::string& instance) {
  const std::scoped_lock lock(mutex_);
  Asking& round = rounds_[instance];
  round.asked.clear();
  round.idle.clear();
}

std::vector<std::string> Board::asked_as_idle() const {
  const std::scoped_lock lock(mutex_);
  std::set<std::string> idle = step_.idle;
  for (const auto& [instance, round] : rounds_) idle.insert(round.idle.begin(), round.idle.end());
  return {idle.begin(), idle.end()};
}

void Board::leave_now(const std::vector<std::string>& nodes) {
  const std::scoped_lock lock(mutex_);
  for_each_asking([&](Asking& asking) {
    for (const std::string& node : nodes) {
      if (asking.idle.erase(node) > 0) asking.leave.add(node);
    }
  });
}

std::size_t Board::take(const std::vector<std::string>& nodes, Steady now) {
  const std::scoped_lock lock(mutex_);
  std::set<std::string> left;
  for (const std::string& node : nodes) taken_[node] = now;
  for_each_asking([&](Asking& asking) {
    for (const std::string& node : nodes) {
      if (!asking.asked.contains(node)) continue;
      asking.leave.add(node);
      left.insert(node);
    }
  });
  return left.size();
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
