// What is to be told now. Pure: time comes in.
//
// A channel is told of a cause: an alert, or a group of nodes that fell silent together.
//
//   news                     -> after some seconds, in which more nodes may come, one message; what
//                               is high or critical at once
//   more nodes               -> an update, at most three of them, with pauses that grow
//   graver than it was told  -> an update at once; these do not count
//   acknowledged, silenced, or under maintenance on all nodes
//                            -> nothing; once that has run out and it is still so, it is news
//   still so after a day     -> it is repeated
//   over on all nodes        -> told once
//   over, and news again     -> as news, but the more often, the later
//
// Decided is by what is so, not by what happened: events only say that it is time to look. So
// nothing is lost where events are, and what came and went unseen is not told. But for what came
// and went while nobody could look, since the store was away: that is told as news, and then as
// over, where it lasted as long as news are waited with.
//
// While a node is away, what else there is of it is held back, unless it is critical: it is neither
// told nor held to be over.

#pragma once

#include <optional>
#include <span>

#include "notify/policy.h"
#include "store/store.h"

namespace lockstep::notify {

struct Plan {
  NoticeChanges changes{};
  std::optional<WallTime> next{};  ///< when to look again, though nothing happens; none: never
};

/// `now` in whole seconds. `unseen`: of the alerts that are over, those that were raised and ended
/// while nobody could look.
Plan plan(const NoticeBook& book, const Policy& policy, WallTime now,
          std::span<const AlertRecord> unseen = {});

}  // namespace lockstep::notify
