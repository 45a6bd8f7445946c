#include "serve/http/event_feed.h"

#include <utility>

namespace lockstep::serve {

EventFeed::Subscription::~Subscription() {
  const std::lock_guard lock(feed_->mutex_);
  feed_->listeners_.erase(place_);
}

void EventFeed::publish(FeedEvent event) {
  const std::lock_guard lock(mutex_);
  const auto shared = std::make_shared<const FeedEvent>(std::move(event));
  latest_ = shared->id;
  recent_.push_back(shared);
  if (recent_.size() > most_) {
    forgotten_ = recent_.front()->id;
    recent_.pop_front();
  }
  for (const Listener& listener : listeners_) listener(shared);
}

void EventFeed::restart(std::int64_t latest) {
  const std::lock_guard lock(mutex_);
  recent_.clear();
  latest_ = forgotten_ = latest;
  for (const Listener& listener : listeners_) listener(nullptr);
}

EventFeed::Joined EventFeed::subscribe(std::int64_t after, Listener listener) {
  const std::lock_guard lock(mutex_);
  Joined joined;
  joined.latest = latest_;
  joined.gap = after < forgotten_;
  for (const SharedEvent& event : recent_) {
    if (!joined.gap && event->id > after) joined.backlog.push_back(event);
  }
  listeners_.push_back(std::move(listener));
  joined.subscription = std::make_unique<Subscription>(*this, std::prev(listeners_.end()));
  return joined;
}

std::int64_t EventFeed::forgotten() const {
  const std::lock_guard lock(mutex_);
  return forgotten_;
}

std::size_t EventFeed::listeners() const {
  const std::lock_guard lock(mutex_);
  return listeners_.size();
}

}  // namespace lockstep::serve
