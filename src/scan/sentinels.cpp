#include "scan/sentinels.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "scan/random_step.h"

namespace lockstep::scan {
namespace {

/// Loss of so many is noise. Of one address; of all of them, some of which may be slow ones.
constexpr unsigned kWindow = 16;
constexpr double kTolerated = 0.2;
constexpr unsigned kWindowOfAll = 64;
constexpr double kToleratedOfAll = 0.25;

/// Of fewer, a slow one is too large a part to be told from what all of them lose, but for much.
constexpr std::size_t kMany = 8;
constexpr double kToleratedOfFew = 0.5;

/// Of an address's loss, as samples have it: the part of the newest, and what is more than chance.
constexpr double kNewest = 0.25;
constexpr double kSome = 0.1;

/// What was under way at a change is out of the way after this part of the grace.
constexpr int kSettles = 8;
/// Of more addresses, a sample tells no more.
constexpr std::size_t kMostInSample = 256;

/// Probes that may be under way.
constexpr std::uint32_t kUnderWay = 64;

double median(std::vector<double>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

Sentinels::Sentinels(const Plan& plan, const ResultTable& table, std::chrono::nanoseconds grace)
    : table_(table),
      grace_(grace),
      watched_(plan.targets.size()),
      random_(plan.seed),
      tolerated_of_all_(plan.targets.size() < kMany ? kToleratedOfFew : kToleratedOfAll),
      all_(kWindowOfAll, tolerated_of_all_) {}

void Sentinels::begin_pass() {
  all_.begin_pass();
  sample_until_.reset();
  all_lose_ = false;
  share_.store(all_.share(), std::memory_order_relaxed);
  for (std::uint32_t target = 0; target < watched_.size(); ++target) {
    Watched& watched = watched_[target];
    watched.loss = 0;
    watched.sent.store(0, std::memory_order_relaxed);
    watched.answered_before = table_.target(target).answered.load(std::memory_order_acquire);
    watched.sent_seen = 0;
    watched.answered_seen = watched.answered_before;
    watched.waiting = false;  // the pause between two passes is no loss
    if (!watched.pace) continue;
    // Where most lose, so would this one at any rate; else it has limits of its own.
    watched.pace->begin_pass(most_lose_);
    adopt_pace(watched);
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
  sample(now);
  join(watched, true, now);
  judge(target, false, {});
  return false;
}

Port Sentinels::turn(std::uint32_t target, std::chrono::steady_clock::time_point now,
                     std::chrono::nanoseconds period) {
  const std::scoped_lock lock(mutex_);
  sample(now);
  Watched& watched = watched_[target];
  if (watched.waiting) {
    if (!watched.back && now - watched.asked < grace_) return 0;
    judge(target, !watched.back, period);
  }
  if (!watched.waiting || !watched.back) watched.port = pick(target);
  watched.waiting = watched.port != 0;
  watched.back = false;
  watched.asked = now;
  if (watched.waiting) join(watched, false, now);
  return watched.port;
}

void Sentinels::answered(std::uint32_t target, Port port) {
  const std::scoped_lock lock(mutex_);
  Watched& watched = watched_[target];
  if (!watched.waiting || watched.port != port) return;
  watched.back = true;
  if (watched.asked == watched.sample_asked) watched.sample_back = true;
}

void Sentinels::judge(std::uint32_t target, bool lost, std::chrono::nanoseconds period) {
  Watched& watched = watched_[target];
  const std::uint32_t sent = watched.sent.load(std::memory_order_relaxed);
  const std::uint32_t answered = table_.target(target).answered.load(std::memory_order_relaxed);
  const double more_sent = sent - std::exchange(watched.sent_seen, sent);
  const double more_answered = answered - std::exchange(watched.answered_seen, answered);
  // What was asked before the latest change says nothing of what came of it.
  if (watched.asked < all_changed_ || all_lose_) return;
  if (!watched.pace) {
    if (!lost) return;
    watched.pace = std::make_unique<Pace>(kWindow, kTolerated);
  }
  Pace& pace = *watched.pace;
  if (pace.share() == 1 && period.count() > 0) watched.full_period = period;
  pace.note(lost, more_sent, more_answered);
  adopt_pace(watched);
}

void Sentinels::adopt_pace(Watched& watched) {
  const double share = watched.pace->share();
  const double full = static_cast<double>(watched.full_period.count());
  const auto slowed = static_cast<std::int64_t>(full / share);
  watched.period.store(share < 1 ? slowed : 0, std::memory_order_relaxed);
}

void Sentinels::join(Watched& watched, bool back, std::chrono::steady_clock::time_point now) {
  if (!sample_until_ || watched.in_sample || now >= *sample_until_) return;
  if (++sample_size_ == std::min(watched_.size(), kMostInSample)) sample_until_ = now;
  watched.in_sample = true;
  watched.sample_asked = now;
  watched.sample_back = back;
}

/// Those that are lost are known later than those that come back, so that at no moment what is
/// known is a fair share of both. Hence samples: each address once, of what is asked in one grace
/// at most, and judged when the grace of all is over.
void Sentinels::sample(std::chrono::steady_clock::time_point now) {
  if (watched_.size() < 2) return;
  if (!sample_until_) {
    if (now - all_changed_ < grace_ / kSettles) return;
    sample_until_ = now + grace_;
    sample_size_ = 0;
    for (Watched& watched : watched_) watched.in_sample = false;
    std::tie(sample_sent_, sample_answered_) = totals();
    return;
  }
  if (now < *sample_until_ + grace_) return;
  sample_until_.reset();
  const auto [sent, answered] = totals();
  unsigned noted = 0;
  unsigned lost = 0;
  losses_.clear();
  for (Watched& watched : watched_) {
    if (!watched.in_sample) continue;
    ++noted;
    if (!watched.sample_back) ++lost;
    watched.loss += ((watched.sample_back ? 0.0 : 1.0) - watched.loss) * kNewest;
    losses_.push_back(watched.loss);
  }
  // When the others are through, slow ones are left, who do not speak for all.
  const bool fair = std::size_t{noted} * 2 > std::min(watched_.size(), kMostInSample);
  all_lose_ = false;
  if (!fair) return;
  all_.note(noted, lost, sent - sample_sent_, answered - sample_answered_);
  most_lose_ = median(losses_) > kSome;
  all_lose_ = lost > tolerated_of_all_ * noted && !all_.in_vain() && most_lose_;
  if (all_.share() == share()) return;
  share_.store(all_.share(), std::memory_order_relaxed);
  all_changed_ = now;
}

/// Probes of the pass, and their answers.
std::pair<double, double> Sentinels::totals() const {
  double sent = 0;
  double answered = 0;
  for (std::uint32_t target = 0; target < watched_.size(); ++target) {
    sent += watched_[target].sent.load(std::memory_order_relaxed);
    answered += table_.target(target).answered.load(std::memory_order_relaxed);
  }
  return {sent, answered};
}

/// A closed port rather than an open one, which has an application behind it; none that only
/// answered by ICMP, whose limit is another.
Port Sentinels::pick(std::uint32_t target) {
  return table_.answered_port(target, static_cast<Port>(random_step(random_) >> 15));
}

}  // namespace lockstep::scan
