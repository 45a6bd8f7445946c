// Brings what waits in the outbox to one channel: at least once, in order within a cause, and again
// until it got through or is too old.

#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "notify/channel.h"
#include "store/store.h"

namespace lockstep::notify {

struct DeliveryPolicy {
  std::string channel{};
  std::string cluster{};
  std::chrono::seconds give_up = std::chrono::days(3);        ///< after a message was made
  std::optional<std::chrono::seconds> heartbeat{};            ///< none: no word of life
  std::chrono::seconds complains = std::chrono::minutes(15);  ///< of a channel that fails so long
};

/// What a deliverer is given of the world; may be called from its thread.
struct DeliveryWorld {
  std::function<double()> chance{};  ///< 0 to 1
  std::function<bool()> is_alive{};  ///< Lockstep does its work: only then a word of life is sent
  /// What is wrong with the channel; none: nothing.
  std::function<void(const std::optional<std::string>& problem)> tell{};
};

/// One thread at a time.
class Deliverer {
 public:
  /// `channel` outlives it.
  Deliverer(DeliveryPolicy policy, Channel& channel, DeliveryWorld world);

  /// Sends what is due at `now`, in whole seconds. Errors: those of the store; what was delivered
  /// and could not be noted is sent again.
  Result<void> turn(Store& store, WallTime now, const std::atomic<bool>& stop);

 private:
  Result<void> deliver(Store& store, WallTime now, const std::atomic<bool>& stop);
  Result<void> attempt(Store& store, OutboxMessage message, WallTime now,
                       const std::atomic<bool>& stop);
  Result<void> give_up(Store& store, OutboxMessage message, WallTime now,
                       const std::string& problem);
  Result<void> restate(Store& store, WallTime now, const std::atomic<bool>& stop);
  void beat(WallTime now, const std::atomic<bool>& stop);
  void pause(WallTime now, const Delivery& delivery);
  void succeeded(WallTime now);
  void failed(WallTime now, const std::string& problem);

  DeliveryPolicy policy_;
  Channel& channel_;
  DeliveryWorld world_;
  std::set<std::string> blocked_{};  // causes with a message that waits, in this turn
  int failures_ = 0;                 // of the channel as a whole, one after the other
  WallTime paused_until_{};
  WallTime restate_at_{};
  WallTime beat_at_{};
  std::optional<WallTime> failing_since_{};
  std::optional<WallTime> gave_up_at_{};
  bool told_ = true;  // an earlier process may have told of a trouble
};

}  // namespace lockstep::notify
