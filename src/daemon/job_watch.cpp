#include "daemon/job_watch.h"

#include <algorithm>
#include <set>
#include <utility>

namespace lockstep {

std::shared_ptr<JobWatch::Desk> JobWatch::desk() const {
  const std::scoped_lock lock(mutex_);
  return desk_;
}

void JobWatch::renew(std::unique_ptr<SchedulerCache> scheduler) {
  auto fresh = scheduler ? std::make_shared<Desk>(std::move(scheduler)) : nullptr;
  const std::scoped_lock lock(mutex_);
  // Trouble with the same one goes on until it has answered.
  if (desk_ && (!fresh || fresh->name != desk_->name)) {
    troubles_.clear(FindingKind::scheduler_unavailable, desk_->name);
    trouble_.clear();
  }
  desk_ = std::move(fresh);
  told_ = false;
}

std::string JobWatch::name() const {
  const auto now = desk();
  return now ? now->name : "";
}

std::string JobWatch::trouble() const {
  const std::scoped_lock lock(mutex_);
  return trouble_;
}

std::vector<NodeSchedule> JobWatch::schedules(const std::vector<std::string>& nodes) {
  std::vector<NodeSchedule> said;
  const auto now = desk();
  if (!now) return said;
  const std::scoped_lock lock(now->mutex);
  for (KnownSchedule& known : now->cache->states(nodes)) {
    board_.correct(known.schedule, known.asked);
    said.push_back(std::move(known.schedule));
  }
  note(now, now->cache->trouble());
  return said;
}

control::SchedulerStates JobWatch::last_states() const {
  control::SchedulerStates states;
  const auto now = desk();
  if (!now) return states;
  const std::unique_lock lock(now->mutex, std::try_to_lock);
  if (!lock) return states;
  for (KnownSchedule& known : now->cache->last_states()) {
    board_.correct(known.schedule, known.asked);
    if (known.age) {
      const auto age = std::chrono::floor<std::chrono::seconds>(*known.age);
      states.age = std::max(states.age.value_or(age), age);
    }
    states.nodes[known.schedule.state].push_back(std::move(known.schedule.node));
  }
  if (!states.age) states.nodes.clear();
  return states;
}

std::optional<std::chrono::milliseconds> JobWatch::until_next_round() const {
  const auto now = desk();
  if (!now) return {};
  const std::scoped_lock lock(now->mutex);
  return now->cache->until_next_round();
}

bool JobWatch::ask() {
  const auto now = desk();
  if (!now) return false;
  const std::scoped_lock lock(now->mutex);
  now->cache->states({});
  note(now, now->cache->trouble());
  return !now->cache->trouble();
}

void JobWatch::note(const std::shared_ptr<Desk>& desk, const std::optional<Error>& trouble) {
  const std::string text = trouble ? trouble->message() : "";
  const std::scoped_lock lock(mutex_);
  // The first word counts: an earlier process, or scheduler, may have left an alert.
  if (desk != desk_ || (std::exchange(told_, true) && text == trouble_)) return;
  trouble_ = text;
  if (text.empty()) return troubles_.clear(FindingKind::scheduler_unavailable, desk->name);
  troubles_.raise(FindingKind::scheduler_unavailable, desk->name,
                  text + "; nodes of which it says nothing count as busy");
}

void JobWatch::ask_by_hand(const std::vector<std::string>& nodes) {
  std::set<std::string> free;
  std::set<std::string> idle;
  for (const NodeSchedule& each : schedules(nodes)) {
    if (!is_held(each)) free.insert(each.node);
    if (counts_as_idle(each)) idle.insert(each.node);
  }
  board_.ask_instead(free, idle);
}

std::size_t JobWatch::take(const std::vector<std::string>& nodes, Steady now) {
  return has_scheduler() ? board_.take(nodes, now) : 0;
}

void JobWatch::look() {
  const std::vector<std::string> nodes = board_.asked_as_idle();
  if (nodes.empty()) return;
  std::vector<std::string> taken;
  for (const NodeSchedule& each : schedules(nodes)) {
    if (!counts_as_idle(each)) taken.push_back(each.node);
  }
  board_.leave_now(taken);
}

}  // namespace lockstep
