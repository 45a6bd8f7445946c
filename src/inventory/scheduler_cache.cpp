#include "inventory/scheduler_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lockstep {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

KnownSchedule unknown(const std::string& node, std::string reason) {
  KnownSchedule result;
  result.schedule.node = node;
  result.schedule.reason = std::move(reason);
  return result;
}

}  // namespace

SchedulerCache::SchedulerCache(std::unique_ptr<Scheduler> scheduler, std::vector<std::string> nodes,
                               Clock clock, const SchedulerCacheOptions& options)
    : scheduler_(std::move(scheduler)),
      nodes_(std::move(nodes)),
      clock_(std::move(clock)),
      options_(options) {
  std::ranges::sort(nodes_);
  nodes_.erase(std::ranges::unique(nodes_).begin(), nodes_.end());
  for (const std::string& node : nodes_) entries_[node];
  options_.batch = std::clamp<std::size_t>(options_.batch, 1, kMostNodesAQuery);
  if (scheduler_->tells_all()) options_.batch = nodes_.size();
}

std::vector<KnownSchedule> SchedulerCache::states(std::span<const std::string> nodes) {
  const Time now = clock_();
  if (!last_round_ || now - *last_round_ >= options_.interval) ask_all(now);
  const Time then = clock_();
  std::vector<KnownSchedule> result;
  result.reserve(nodes.size());
  for (const std::string& node : nodes) result.push_back(known(node, then));
  return result;
}

std::vector<KnownSchedule> SchedulerCache::last_states() const {
  const Time now = clock_();
  std::vector<KnownSchedule> result;
  result.reserve(nodes_.size());
  for (const std::string& node : nodes_) result.push_back(known(node, now));
  return result;
}

milliseconds SchedulerCache::until_next_round() const {
  if (!last_round_) return milliseconds(0);
  const auto left = std::chrono::ceil<milliseconds>(options_.interval - (clock_() - *last_round_));
  return std::max(left, milliseconds(0));
}

void SchedulerCache::ask_all(Time now) {
  last_round_ = now;
  trouble_.reset();
  const Time deadline = now + options_.time;
  for (std::size_t told = 0; told < nodes_.size();) {
    const Time begin = clock_();
    const auto left = duration_cast<milliseconds>(deadline - begin);
    if (left.count() <= 0) {
      trouble_ =
          Error(ErrorKind::unavailable,
                fmt::format("{} told of {} of {} nodes within {} ms; the others follow in the next "
                            "round",
                            scheduler_->name(), told, nodes_.size(), options_.time.count()));
      return;
    }
    const std::size_t size =
        std::min({options_.batch, nodes_.size() - next_, nodes_.size() - told});
    const auto answered = ask(std::span(nodes_).subspan(next_, size), begin, left);
    // Also past a batch that fails: its failing must not keep the others from being told.
    next_ = (next_ + size) % nodes_.size();
    told += size;
    if (answered) continue;
    trouble_ = answered.error();
    // Only for what is wrong with the batch itself another one may fare better.
    if (answered.error().kind() == ErrorKind::unavailable) return;
  }
}

Result<void> SchedulerCache::ask(std::span<const std::string> batch, Time now, milliseconds time) {
  LOCKSTEP_TRY(std::vector<NodeSchedule> said, scheduler_->query(batch, time));
  for (NodeSchedule& schedule : said) {
    Entry& entry = entries_[schedule.node];
    entry.schedule = std::move(schedule);
    entry.asked = now;
  }
  return {};
}

KnownSchedule SchedulerCache::known(const std::string& node, Time now) const {
  const auto found = entries_.find(node);
  if (found == entries_.end()) {
    return unknown(node, fmt::format("{} is not asked about this node", scheduler_->name()));
  }
  const Entry& entry = found->second;
  if (!entry.asked) {
    return unknown(node, fmt::format("{} has told nothing of this node yet", scheduler_->name()));
  }
  const auto age = duration_cast<milliseconds>(now - *entry.asked);
  if (age > options_.keep) {
    return unknown(node, fmt::format("{} has told nothing of this node for {} s",
                                     scheduler_->name(), age.count() / 1000));
  }
  return {entry.schedule, age, entry.asked};
}

}  // namespace lockstep
