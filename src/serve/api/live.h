// What the cluster looks like now, renewed when something has happened, and told to who listens.

#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "serve/api/live_view.h"
#include "serve/api/schedule_watch.h"
#include "serve/api/world.h"
#include "serve/http/event_feed.h"

namespace lockstep::serve {

/// Looks several times a second whether something has happened. What has is read by itself; now and
/// then everything is. The more a view costs, the longer it stays, so that views take half of a
/// core at most; but who waits for one does not wait for that. For several threads at once.
class Live {
 public:
  /// Both outlive it. Events are published in the store's order, under its numbers.
  Live(ApiWorld& world, EventFeed& feed) : world_(world), feed_(feed), schedules_(world) {}
  ~Live() { stop(); }

  void start();
  void stop();

  /// Null before the first one could be made.
  std::shared_ptr<const LiveView> current() const;
  /// Returns when the view has everything that happened before the call, or after two seconds: who
  /// changes something is to see it in what he asks next.
  void catch_up();
  /// Asks what the scheduler says now, and returns when it is known; the view has it after
  /// catch_up().
  void look_at_schedules() { schedules_.ask(); }
  /// The store could not be read for a minute: what is known is not what is.
  bool is_old() const;
  /// Why it could not be renewed; empty: it could.
  std::string problem() const;

 private:
  void run(const std::stop_token& token);
  Result<void> try_look();
  Result<void> look();
  /// It is another store, or was brought back from a backup.
  void begin_anew(std::int64_t latest);
  Result<void> renew(const std::shared_ptr<const Schedules>& schedules);
  /// Null: what has changed since the view that there is cannot be told.
  Result<std::shared_ptr<const control::ClusterView>> renewed();
  Result<std::shared_ptr<const control::ClusterView>> read_all();
  Result<void> tell();
  /// Somebody waits for what there is now.
  bool is_awaited() const;

  ApiWorld& world_;
  EventFeed& feed_;
  std::unique_ptr<Store> store_{};
  std::int64_t told_ = -1;  ///< the latest event that was published; negative: not begun
  std::chrono::steady_clock::time_point made_{};   ///< when the view was
  std::chrono::steady_clock::duration cost_{};     ///< what it took
  std::chrono::steady_clock::time_point whole_{};  ///< when everything was read
  std::chrono::steady_clock::duration whole_cost_{};
  ScheduleWatch schedules_;
  std::int64_t first_ = 0;    ///< the latest before our time
  mutable std::mutex mutex_;  // of what follows
  std::condition_variable_any wake_;
  std::shared_ptr<const LiveView> current_{};
  std::string problem_{};
  std::chrono::steady_clock::time_point seen_{};  ///< when the store was read last
  bool ended_ = false;
  std::uint64_t asked_ = 0;
  std::uint64_t done_ = 0;
  std::jthread thread_{};
};

}  // namespace lockstep::serve
