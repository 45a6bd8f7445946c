#include "notify/decider.h"

#include <algorithm>
#include <vector>

#include "notify/planner.h"

namespace lockstep::notify {
namespace {

constexpr std::size_t kMostOrphans = 10'000;
constexpr std::size_t kMostEvents = 1000;

/// Between the latest look and the call by which it was found out that the store was away.
constexpr seconds kBlindBefore(5);

Result<std::vector<AlertRecord>> unseen_since(Store& store, WallTime since) {
  LOCKSTEP_TRY(std::vector<AlertRecord> alerts, store.alerts());
  std::erase_if(alerts, [&](const AlertRecord& record) {
    return record.status != AlertStatus::resolved || record.first_seen < since - kBlindBefore;
  });
  return alerts;
}

}  // namespace

Result<void> Decider::give_up_orphans(Store& store, const Policy& policy, WallTime now) {
  LOCKSTEP_TRY(std::vector<OutboxMessage> waiting,
               store.outbox({.state = MessageState::waiting, .limit = kMostOrphans}));
  std::erase_if(waiting, [&](const OutboxMessage& message) {
    return std::ranges::any_of(
        policy.channels, [&](const auto& channel) { return channel.name == message.channel; });
  });
  for (OutboxMessage& message : waiting) {
    message.state = MessageState::given_up;
    message.due = now;
    message.problem = "the channel is gone";
  }
  if (waiting.empty()) return {};
  return store.note_deliveries(waiting);
}

Result<bool> Decider::is_news(Store& store, std::int64_t latest) {
  if (!looked_) return true;
  if (latest == seen_) return false;
  LOCKSTEP_TRY(const std::vector<Event> events, store.events(seen_, kMostEvents));
  const bool some = std::ranges::any_of(events, [](const Event& event) {
    return event.kind == EventKind::alert_raised || event.kind == EventKind::alert_resolved ||
           event.kind == EventKind::alert_changed || event.kind == EventKind::maintenance_changed;
  });
  if (some || events.size() == kMostEvents) return true;
  if (!events.empty()) seen_ = events.back().id;
  return false;
}

Result<void> Decider::turn(Store& store, const Policy& policy, WallTime now,
                           std::optional<WallTime> blind_since) {
  LOCKSTEP_TRY(const std::int64_t latest, store.latest_event());
  const bool is_due = next_ && *next_ <= now;
  LOCKSTEP_TRY(const bool changed, is_news(store, latest));
  if (!changed && !is_due && !blind_since) return {};
  std::vector<AlertRecord> unseen;
  if (blind_since) {
    LOCKSTEP_TRY(unseen, unseen_since(store, *blind_since));
  }
  if (!looked_) LOCKSTEP_CHECK(give_up_orphans(store, policy, now));
  looked_ = false;
  std::optional<WallTime> next;
  std::int64_t seen = latest;
  LOCKSTEP_CHECK(store.change_notices([&](const NoticeBook& book) -> Result<NoticeChanges> {
    Plan decided = plan(book, policy, now, unseen);
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
