// The threads of the daemon that tell people: one decides what, and one for each channel delivers.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/compose.h"
#include "app/config_notify.h"
#include "control/notification_view.h"
#include "daemon/troubles.h"
#include "model/maintenance.h"
#include "store/spool/outage.h"

namespace lockstep {

/// What a channel is to hear of, by a configuration.
notify::Policy notify_policy(const Config& config, const Inventory& inventory);

/// Without places and secrets.
std::vector<control::ChannelInfo> channel_infos(const Config& config);
/// The windows of a configuration.
std::vector<MaintenanceWindow> maintenance_of(const Config& config);

/// Sends a message that says it is a test, and waits for what becomes of it: half a minute at most,
/// or until `stop`.
control::TestDelivery send_test(const NotifyChannelConfig& config, const std::string& cluster,
                                const std::atomic<bool>& stop);

namespace notify {
class Decider;
}

class Notifications {
 public:
  struct World {
    std::function<std::pair<std::shared_ptr<const Setup>, std::shared_ptr<const Inventory>>()> now;
    Troubles& troubles;
    /// The daemon does its work.
    std::function<bool()> is_alive;
    /// When the store was away last.
    std::function<std::optional<OutageSpan>()> outage;
    /// That it is, and what was found meanwhile; empty: it is there.
    std::function<std::vector<AlertRecord>()> found_while_away;
  };

  /// Begins. What `world` refers to outlives it.
  explicit Notifications(World world);
  /// Ends within a second or so; what waits is delivered by the next.
  ~Notifications();
  Notifications(const Notifications&) = delete;
  Notifications& operator=(const Notifications&) = delete;

 private:
  /// One configuration's channels.
  struct Lines {
    std::atomic<bool> stop{false};
    std::vector<std::jthread> threads{};

    ~Lines() { stop = true; }
  };

  void decide();
  Result<void> turn(Store& store, notify::Decider& decider);
  void take_up(std::shared_ptr<const Setup> setup, const Inventory& inventory);
  void end_lines();
  void forget_gone(const Config& before, const Config& now);
  void deliver(const Setup& setup, const NotifyChannelConfig& config, Lines& lines);
  bool is_alive() const;
  /// Waits for a second, or until `stop`.
  void wait(const std::atomic<bool>& stop);

  World world_;
  std::atomic<bool> stop_{false};
  std::atomic<std::chrono::steady_clock::rep> decided_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  // Of the thread that decides.
  std::shared_ptr<const Setup> setup_;
  notify::Policy policy_;
  bool anew_ = true;
  WallTime looked_after_{};  // the beginning of the latest outage after whose end it was looked
  std::unique_ptr<Lines> lines_;  // its own writes, and others' reads, under the lock
  std::jthread decider_;
};

}  // namespace lockstep
