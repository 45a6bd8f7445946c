// Events for those who listen to a stream of them. Each has a number; who was away says the last
// one that he had, and gets those since, as long as they are remembered.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "model/event.h"

namespace lockstep::serve {

struct FeedEvent {
  std::int64_t id = 0;
  std::string text;  ///< as it goes over the wire, with its empty line
  Event about{};     ///< for those who may not know all of it
};
using SharedEvent = std::shared_ptr<const FeedEvent>;

/// For several threads at once.
class EventFeed {
 public:
  /// Called under the feed's lock, in the order of the events: it must only hand on. Null: numbers
  /// begin anew, and the listener gets nothing any more; he has to come again.
  using Listener = std::function<void(const SharedEvent&)>;

  /// Ends with its life; must not outlive the feed.
  class Subscription {
   public:
    Subscription(EventFeed& feed, std::list<Listener>::iterator place)
        : feed_(&feed), place_(place) {}
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

   private:
    EventFeed* feed_;
    std::list<Listener>::iterator place_;
  };

  explicit EventFeed(std::size_t remembered = 4096) : most_(remembered) {}

  /// `event.id` is greater than all before.
  void publish(FeedEvent event);
  /// Events go on after `latest`, which may be less than before: what was published is forgotten.
  void restart(std::int64_t latest);
  /// What a new listener gets besides all that comes from now on.
  struct Joined {
    std::unique_ptr<Subscription> subscription{};
    std::vector<SharedEvent> backlog{};  ///< those after the one that he has
    bool gap = false;         ///< not all of them are remembered; then there is no backlog
    std::int64_t latest = 0;  ///< of all that were published; 0: none
  };
  Joined subscribe(std::int64_t after, Listener listener);
  /// Of an event that is not remembered any more, the greatest id; 0: none was forgotten. Who has
  /// less than that has a gap.
  std::int64_t forgotten() const;
  std::size_t listeners() const;

 private:
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::deque<SharedEvent> recent_;
  std::int64_t forgotten_ = 0;
  std::int64_t latest_ = 0;
  std::list<Listener> listeners_;
};

}  // namespace lockstep::serve
