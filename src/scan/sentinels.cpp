#include "scan/sentinels.h"

#include <algorithm>
#include <utility>

#include "scan/random_step.h"

namespace lockstep::scan {
namespace {

/// Loss of so many is noise. Of one address; of all of them, some of which may be slow ones.
constexpr unsigned kWindow = 16;
constexpr double kTolerated = 0.2;
constexpr unsigned kWindowOfAll = 64;
constexpr double kToleratedOfAll = 0.25;

/// Of fewer, each is asked often enough to tell by itself.
constexpr std::size_t kMany = 256;

/// Probes that may be under way.
constexpr std::uint32_t kUnderWay = 64;

}  // namespace

Sentinels::Sentinels(const Plan& plan, const ResultTable& table, std::chrono::nanoseconds grace)
    : table_(table),
      grace_(grace),
      watched_(plan.targets.size()),
      random_(plan.seed),
      all_(kWindowOfAll, kToleratedOfAll) {}

void Sentinels::begin_pass() {
  all_.begin_pass();
  for (std::uint32_t target = 0; target < watched_.size(); ++target) {
    Watched& watched = watched_[target];
    watched.sent.store(0, std::memory_order_relaxed);
    watched.answered_before = table_.target(target).answered.load(std::memory_order_acquire);
    watched.sent_seen = 0;
    watched.answered_seen = watched.answered_before;
    watched.waiting = false;  // the pause between two passes is no loss
    if (watched.pace) watched.pace->begin_pass();
  }
}

bool Sentinels::in_doubt(const Watched& watched, std::uint32_t target) const {
  const std::uint32_t sent = watched.sent.load(std::memory_order_relaxed);
  const std::uint32_t answered =
      table_.target(target).answered.load(std::memory_order_acquire) - watched.answered_before;
  return sent > answered + kUnderWay + sent / 16;
}

bool Sentinels::needed(std::uint32_t target, std::chrono::steady_clock::time_point now) {
  Watched& watched = watched_[target];
  const std::uint32_t sent = watched.sent.load(std::memory_order_relaxed);
  const bool slowed = watched.period.load(std::memory_order_relaxed) > 0;
  if (in_doubt(watched, target) || (slowed && sent > 0)) return true;
  if (sent <= kUnderWay) return false;
  const std::scoped_lock lock(mutex_);
  watched.waiting = false;
  watched.asked = now;
  judge(target, false, {}, now);
  return false;
}

Port Sentinels::turn(std::uint32_t target, std::chrono::steady_clock::time_point now,
                     std::chrono::nanoseconds period) {
  const std::scoped_lock lock(mutex_);
  Watched& watched = watched_[target];
  if (watched.waiting) {
    if (!watched.back && now - watched.asked < grace_) return 0;
    judge(target, !watched.back, period, now);
  }
  if (!watched.waiting || !watched.back) watched.port = pick(target);
  watched.waiting = watched.port != 0;
  watched.back = false;
  watched.asked = now;
  return watched.port;
}

void Sentinels::answered(std::uint32_t target, Port port) {
  const std::scoped_lock lock(mutex_);
  Watched& watched = watched_[target];
  if (watched.waiting && watched.port == port) watched.back = true;
}

void Sentinels::judge(std::uint32_t target, bool lost, std::chrono::nanoseconds period,
                      std::chrono::steady_clock::time_point now) {
  Watched& watched = watched_[target];
  const std::uint32_t sent = watched.sent.load(std::memory_order_relaxed);
  const std::uint32_t answered = table_.target(target).answered.load(std::memory_order_relaxed);
  const double more_sent = sent - std::exchange(watched.sent_seen, sent);
  const double more_answered = answered - std::exchange(watched.answered_seen, answered);
  judge_all(lost, more_sent, more_answered, watched.asked, now);
  if (!watched.pace) {
    if (!lost) return;
    watched.pace = std::make_unique<Pace>(kWindow, kTolerated);
  }
  Pace& pace = *watched.pace;
  if (pace.share() == 1 && period.count() > 0) watched.full_period = period;
  pace.note(lost, more_sent, more_answered);
  const double full = static_cast<double>(watched.full_period.count());
  const auto slowed = static_cast<std::int64_t>(full / pace.share());
  watched.period.store(pace.share() < 1 ? slowed : 0, std::memory_order_relaxed);
}

/// What was asked before the latest change says nothing of what came of it.
void Sentinels::judge_all(bool lost, double sent, double answered,
                          std::chrono::steady_clock::time_point asked,
                          std::chrono::steady_clock::time_point now) {
  if (watched_.size() < kMany || asked < all_changed_) return;
  all_.note(lost, sent, answered);
  if (all_.share() == share()) return;
  share_.store(all_.share(), std::memory_order_relaxed);
  all_changed_ = now;
}

/// A closed port rather than an open one, which has an application behind it; none that only
/// answered by ICMP, whose limit is another.
Port Sentinels::pick(std::uint32_t target) {
  return table_.answered_port(target, static_cast<Port>(random_step(random_) >> 15));
}

}  // namespace lockstep::scan
