#include "notify/deliverer.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "notify/backoff.h"

namespace lockstep::notify {
namespace {

constexpr std::size_t kAtOnce = 1000;
/// So long it is told at least that a message was given up.
constexpr std::chrono::hours kShown(24);

}  // namespace

Deliverer::Deliverer(DeliveryPolicy policy, Channel& channel, DeliveryWorld world)
    : policy_(std::move(policy)), channel_(channel), world_(std::move(world)) {}

Result<void> Deliverer::turn(Store& store, WallTime now, const std::atomic<bool>& stop) {
  LOCKSTEP_CHECK(deliver(store, now, stop));
  if (stop || paused_until_ > now) return {};
  LOCKSTEP_CHECK(restate(store, now, stop));
  if (!stop && paused_until_ <= now) beat(now, stop);
  return {};
}

Result<void> Deliverer::deliver(Store& store, WallTime now, const std::atomic<bool>& stop) {
  LOCKSTEP_TRY(
      std::vector<OutboxMessage> waiting,
      store.outbox({.channel = policy_.channel, .state = MessageState::waiting, .limit = kAtOnce}));
  blocked_.clear();
  for (OutboxMessage& message : waiting) {
    if (stop) return {};
    if (now - message.made > policy_.give_up) {
      LOCKSTEP_CHECK(give_up(store, std::move(message), now, "it did not get through in time"));
    } else if (paused_until_ <= now) {
      LOCKSTEP_CHECK(attempt(store, std::move(message), now, stop));
    }
  }
  return {};
}

Result<void> Deliverer::attempt(Store& store, OutboxMessage message, WallTime now,
                                const std::atomic<bool>& stop) {
  const auto read = read_message(message.payload);
  if (!read) return give_up(store, std::move(message), now, read.error().message());
  // Its end must not arrive before its beginning.
  if (blocked_.contains(read->cause)) return {};
  if (message.due > now) {
    blocked_.insert(read->cause);
    return {};
  }
  const Delivery delivery = channel_.send(*read, stop);
  message.tries += 1;
  message.problem = delivery.problem;
  message.due = now;
  if (delivery.outcome == Outcome::rejected) {
    return give_up(store, std::move(message), now, delivery.problem);
  }
  if (delivery.outcome == Outcome::delivered) {
    message.state = MessageState::delivered;
    message.problem.clear();
    succeeded(now);
    return store.note_deliveries(std::span(&message, 1));
  }
  if (stop) return {};
  failed(now, delivery.problem);
  blocked_.insert(read->cause);
  if (delivery.outcome == Outcome::unreachable) {
    pause(now, delivery);
    message.due = paused_until_;
  } else {
    message.due = now + backoff(message.tries, world_.chance(), delivery.retry_after);
  }
  return store.note_deliveries(std::span(&message, 1));
}

/// All that the channel does waits, so that one who is away is asked once each time.
void Deliverer::pause(WallTime now, const Delivery& delivery) {
  ++failures_;
  paused_until_ = now + backoff(failures_, world_.chance(), delivery.retry_after);
}

Result<void> Deliverer::give_up(Store& store, OutboxMessage message, WallTime now,
                                const std::string& problem) {
  message.state = MessageState::given_up;
  message.due = now;
  message.problem = message.problem.empty() ? problem : message.problem;
  LOCKSTEP_CHECK(store.note_deliveries(std::span(&message, 1)));
  gave_up_at_ = now;
  told_ = true;
  world_.tell(fmt::format("message {} was given up: {}", message.id, message.problem));
  return {};
}

Result<void> Deliverer::restate(Store& store, WallTime now, const std::atomic<bool>& stop) {
  const auto every = channel_.restates_every();
  if (every.count() == 0 || restate_at_ > now) return {};
  LOCKSTEP_TRY(const std::vector<Notice> notices, store.notices());
  std::vector<Message> open;
  for (const Notice& notice : notices) {
    const bool stands = notice.state == NoticeState::told || notice.state == NoticeState::held;
    if (notice.channel != policy_.channel || !stands) continue;
    auto message = read_message(notice.facts);
    if (!message) continue;
    message->severity_before = message->severity;  // what it was before has ended
    open.push_back(std::move(*message));
  }
  if (open.empty()) {
    restate_at_ = now + every;
    return {};
  }
  const Delivery delivery = channel_.restate(open, stop);
  if (stop) return {};
  if (delivery.outcome == Outcome::delivered) {
    restate_at_ = now + every;
    succeeded(now);
    return {};
  }
  failed(now, delivery.problem);
  pause(now, delivery);
  return {};
}

void Deliverer::beat(WallTime now, const std::atomic<bool>& stop) {
  if (!policy_.heartbeat || beat_at_ > now || !world_.is_alive()) return;
  const auto at = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  const Message alive{.what = What::alive,
                      .id = fmt::format("alive.{}", at.count()),
                      .cluster = policy_.cluster,
                      .cause = "alive",
                      .at = now};
  const Delivery delivery = channel_.beat(alive, *policy_.heartbeat, stop);
  if (stop) return;
  if (delivery.outcome == Outcome::delivered) {
    beat_at_ = now + *policy_.heartbeat;
    return succeeded(now);
  }
  failed(now, delivery.problem);
  pause(now, delivery);
}

void Deliverer::succeeded(WallTime now) {
  failures_ = 0;
  failing_since_.reset();
  if (!told_ || (gave_up_at_ && now - *gave_up_at_ < kShown)) return;
  told_ = false;
  gave_up_at_.reset();
  world_.tell(std::nullopt);
}

void Deliverer::failed(WallTime now, const std::string& problem) {
  if (!failing_since_) failing_since_ = now;
  if (now - *failing_since_ < policy_.complains) return;
  told_ = true;
  world_.tell(fmt::format("nothing gets through: {}", problem));
}

}  // namespace lockstep::notify
