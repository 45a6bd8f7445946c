// What a channel is told while the store, and with it the outbox, is away: what is found meanwhile,
// at once, and that the store is away, once that has lasted. These messages have no alert's number,
// say nothing of ends, and are forgotten with the process; what they tell of becomes an alert when
// the store is back, and is told again as such. What is told twice is better than an intruder who
// took the database with him.

#pragma once

#include <atomic>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "notify/channel.h"
#include "notify/policy.h"

namespace lockstep::notify {

/// One thread at a time.
class DirectTeller {
 public:
  /// All outlive it.
  DirectTeller(const ChannelPolicy& channel, const Policy& policy, Channel& way)
      : channel_(channel), policy_(policy), way_(way) {}

  /// `found`: all that was found since `since`, when the store went away. Tells what was not told
  /// yet; what does not get through is tried again by the next call. `now` in whole seconds.
  void turn(std::span<const AlertRecord> found, WallTime since, WallTime now,
            const std::atomic<bool>& stop);

 private:
  using Told = std::pair<AlertSubject, std::string>;  // and the node

  bool is_due(const AlertRecord& record, WallTime now) const;
  Message message_of(std::span<const AlertRecord* const> records, WallTime now);

  const ChannelPolicy& channel_;
  const Policy& policy_;
  Channel& way_;
  WallTime since_{};
  int made_ = 0;
  std::set<Told> told_;
};

}  // namespace lockstep::notify
