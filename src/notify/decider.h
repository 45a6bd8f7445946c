// Looks whether there is something to tell, and puts it into the outbox.

#pragma once

#include <optional>

#include "notify/policy.h"
#include "store/store.h"

namespace lockstep::notify {

/// One thread at a time.
class Decider {
 public:
  /// Cheap where nothing has happened and nothing is due. `now` in whole seconds. `blind_since`:
  /// the store was away from then on, and all that was seen meanwhile may be in it only now.
  /// Errors: those of the store; then nothing was decided, and the next call tries again.
  Result<void> turn(Store& store, const Policy& policy, WallTime now,
                    std::optional<WallTime> blind_since = {});
  /// The policy has changed: the next call decides.
  void decide_anew() { looked_ = false; }

 private:
  /// Messages of channels that are gone would wait for ever.
  static Result<void> give_up_orphans(Store& store, const Policy& policy, WallTime now);
  /// Whether alerts or windows have changed since the event `seen_`, where `latest` is the latest:
  /// sweeps end all the time, and to look at all alerts each time costs.
  Result<bool> is_news(Store& store, std::int64_t latest);

  bool looked_ = false;  // since the beginning, or the latest error
  std::int64_t seen_ = 0;
  std::optional<WallTime> next_{};
};

}  // namespace lockstep::notify
