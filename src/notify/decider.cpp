#include "notify/decider.h"

#include "notify/planner.h"

namespace lockstep::notify {

Result<void> Decider::turn(Store& store, const Policy& policy, WallTime now) {
  LOCKSTEP_TRY(const std::int64_t latest, store.latest_event());
  const bool is_due = next_ && *next_ <= now;
  if (looked_ && latest == seen_ && !is_due) return {};
  looked_ = false;
  std::optional<WallTime> next;
  std::int64_t seen = latest;
  LOCKSTEP_CHECK(store.change_notices([&](const NoticeBook& book) -> Result<NoticeChanges> {
    Plan decided = plan(book, policy, now);
    next = decided.next;
    seen = book.latest_event;
    return std::move(decided.changes);
  }));
  looked_ = true;
  seen_ = seen;
  next_ = next;
  return {};
}

}  // namespace lockstep::notify
