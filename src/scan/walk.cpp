#include "scan/walk.h"

#include <algorithm>
#include <cmath>

#include "scan/random_step.h"

namespace lockstep::scan {
namespace {

/// Answered probes that one call may skip, so that the caller gets to its receive ring in time.
constexpr std::size_t kSkipBudget = 65536;

/// One round of so many, about, is for the sentinels; of an address that is slowed down, one of
/// fewer.
constexpr unsigned kBetweenSentinels = 64;
constexpr unsigned kBetweenSentinelsApart = 16;

/// Of fewer probes, it cannot be said how fast a walk goes.
constexpr std::uint64_t kMeasured = 1000;

/// A lane is laid out anew once so many of its addresses are through, of the whole: each time costs
/// it a round.
constexpr std::size_t kThroughPart = 4;

/// Far beyond any scan, and small enough to be added up.
constexpr std::chrono::nanoseconds kNever = std::chrono::nanoseconds::max() / 4;

std::chrono::nanoseconds times(std::chrono::nanoseconds period, std::uint64_t count) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(period.count(), count, &product)) return kNever;
  return std::min(std::chrono::nanoseconds(product), kNever);
}

}  // namespace

std::chrono::nanoseconds most_lag(std::chrono::nanoseconds period, PacketsPerSecond cap) {
  if (cap.is_unlimited()) return kMostLag;
  // In a window of 10 ms a lane that makes up for `lag` sends an address at most
  // (window + lag) / period + 1 packets, which is to be at most window * cap + 2.
  constexpr double kWindow = 10e6;
  const double allowed = kWindow * cap.value() / 1e9 + 1;
  const double lag = allowed * static_cast<double>(period.count()) - kWindow;
  const double most = std::chrono::nanoseconds(kMostLag).count();
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::clamp(lag, 0.0, most)));
}

std::chrono::nanoseconds start_of_round(const Lane& lane, std::uint64_t round) {
  const std::uint64_t paced = round - std::min(round, lane.burst);
  return std::max(times(lane.burst_period, round), times(lane.period, paced));
}

void count_sent(const ResultTable& table, std::span<const Probe> sent) {
  RunCounters& run = table.run();
  const auto sentinels = static_cast<std::uint64_t>(std::ranges::count_if(sent, &Probe::sentinel));
  run.probes.fetch_add(sent.size(), std::memory_order_relaxed);
  run.pass_sent.fetch_add(sent.size() - sentinels, std::memory_order_relaxed);
  if (run.pass.load(std::memory_order_relaxed) > 1) return;
  for (const Probe& probe : sent) {
    if (!probe.sentinel) table.target(probe.target).asked.fetch_add(1, std::memory_order_relaxed);
  }
}

Walk::Walk(const Pass& pass, const ResultTable& table, unsigned slice, unsigned slices,
           TimePoint start, Sentinels* sentinels)
    : pass_(pass),
      table_(table),
      slice_(slice),
      slices_(slices),
      sentinels_(sentinels),
      random_(pass.number * 256 + slice),
      begun_(start),
      measured_from_(start) {
  if (sentinels != nullptr) adopt_share(start);
  for (const Lane& of : pass.lanes) {
    if (slice >= of.ports) continue;
    Track& lane = lanes_.emplace_back(Track{of, std::vector(of.targets.size(), slice), 0});
    if (lane.period.count() == 0) unlimited_ += static_cast<std::int64_t>(lane.targets.size());
    Cursor cursor{.lane = &lane, .full_period = lane.period, .start = start + lane.offset};
    cursor.until_sentinels = rounds_until_sentinels(false);
    while (sentinels != nullptr && cursor.position < lane.targets.size()) {
      const bool slow = sentinels->period(lane.targets[cursor.position]) > lane.period;
      slow ? set_apart(cursor, start) : void(++cursor.position);
    }
    cursor.position = 0;
    if (lane.targets.empty()) continue;
    adopt_pace(cursor);
    schedule(cursor);
    push(cursor);
  }
}

void Walk::push(const Cursor& cursor) {
  heap_.push_back(cursor);
  std::ranges::push_heap(heap_, std::greater<>{}, &Cursor::due);
}

std::size_t Walk::next(TimePoint now, std::span<Probe> out) {
  std::size_t budget = kSkipBudget;
  std::size_t count = 0;
  if (sentinels_ != nullptr) adopt_share(now);
  while (count < out.size() && budget > 0 && !heap_.empty() && heap_.front().due <= now) {
    std::ranges::pop_heap(heap_, std::greater<>{}, &Cursor::due);
    Cursor cursor = heap_.back();
    heap_.pop_back();
    if (!settle(cursor, budget, now)) continue;
    if (budget > 0 && cursor.due <= now) {
      const Probe probe = take(cursor, now);
      if (probe.port != 0) out[count++] = probe;
    }
    push(cursor);
  }
  return count;
}

bool Walk::settle(Cursor& cursor, std::size_t& budget, TimePoint now) {
  for (; budget > 0; --budget) {
    if (cursor.position == cursor.lane->targets.size()) end_round(cursor);
    if (cursor.lane->targets.empty()) return false;
    if (wanted(cursor, budget, now)) break;
    if (budget == 0) break;
    ++cursor.position;
  }
  schedule(cursor);
  return true;
}

/// False as well where the budget ends: then the cursor is to stay where it is.
bool Walk::wanted(const Cursor& cursor, std::size_t& budget, TimePoint now) {
  Track& lane = *cursor.lane;
  if (!find_port(lane, cursor.position, budget)) return false;
  return !cursor.for_sentinels || sentinels_->needed(lane.targets[cursor.position], now);
}

/// Moves the target at `position` to its next port without an answer, and says whether it is there.
bool Walk::find_port(Track& lane, std::size_t position, std::size_t& budget) const {
  std::uint32_t& place = lane.places[position];
  if (place >= lane.ports) return false;
  const std::uint32_t target = lane.targets[position];
  if (table_.is_left(target)) place = static_cast<std::uint32_t>(lane.ports);
  while (place < lane.ports) {
    if (table_.answer(target, pass_.ports[lane.first_port + place]) == Answer::none) return true;
    place += slices_;
    if (--budget == 0) break;
  }
  if (place >= lane.ports) ++lane.through;
  return false;
}

void Walk::end_round(Cursor& cursor) {
  cursor.position = 0;
  if (cursor.used) {
    ++cursor.rounds;
    if (cursor.until_sentinels > 0) --cursor.until_sentinels;
  }
  cursor.used = false;
  if (cursor.for_sentinels) cursor.until_sentinels = rounds_until_sentinels(cursor.apart);
  cursor.for_sentinels = sentinels_ != nullptr && cursor.until_sentinels == 0;
  const bool moved = share_out(cursor);
  adopt_pace(cursor);
  // Who was last in the round before may be first in this one.
  if (moved) cursor.start += cursor.lane->period;
}

/// Once many are through, the others get their part, where they may. Says whether places in the
/// round have changed.
bool Walk::share_out(Cursor& cursor) {
  Track& lane = *cursor.lane;
  const std::size_t before = lane.targets.size();
  if (lane.through == 0 || lane.through * kThroughPart < before) return false;
  const auto shared = shared_period(cursor, before - lane.through);
  if (has_limit(cursor) && lane.through < before && shared == cursor.full_period) return false;
  drop_those_through(lane);
  if (has_limit(cursor)) {
    cursor.full_period = shared;
  } else {
    unlimited_ -= static_cast<std::int64_t>(before - lane.targets.size());
  }
  return true;
}

/// The period at which `left` of the lane's targets take the rate that all of them had.
std::chrono::nanoseconds Walk::shared_period(const Cursor& cursor, std::size_t left) const {
  const Track& lane = *cursor.lane;
  if (!lane.least_period || cursor.apart) return cursor.full_period;
  // The slices of a lane no longer take turns then, and what may come of that is kept free.
  const auto least = *lane.least_period * (slices_ > 1 ? 2 : 1);
  const double part = static_cast<double>(left) / static_cast<double>(lane.targets.size());
  const std::chrono::nanoseconds shared(
      static_cast<std::int64_t>(std::ceil(static_cast<double>(cursor.full_period.count()) * part)));
  return std::min(cursor.full_period, std::max({shared, least, std::chrono::nanoseconds(1)}));
}

void Walk::drop_those_through(Track& lane) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < lane.targets.size(); ++i) {
    if (lane.places[i] >= lane.ports) continue;
    lane.targets[kept] = lane.targets[i];
    lane.places[kept++] = lane.places[i];
  }
  lane.targets.resize(kept);
  lane.places.resize(kept);
  lane.through = 0;
}

/// By chance, since limits have rhythms of their own.
unsigned Walk::rounds_until_sentinels(bool apart) {
  const unsigned mean = apart ? kBetweenSentinelsApart : kBetweenSentinels;
  return mean / 2 + random_step(random_) % mean;
}

void Walk::adopt_share(TimePoint now) {
  const double share = sentinels_->share();
  if (share == share_) return;
  if (share_ == 1 && measured_probes_ >= kMeasured) {
    sentinels_->note_reached_gap((now - measured_from_) / measured_probes_);
  }
  share_ = share;
  const auto reached = static_cast<double>(sentinels_->reached_gap().count());
  gap_ = std::chrono::nanoseconds(share < 1 ? static_cast<std::int64_t>(reached / share) : 0);
  measured_from_ = now;
  measured_probes_ = 0;
}

/// After a probe of a lane without a limit: each of its addresses has an even part of the gaps.
void Walk::space_out(Cursor& cursor, TimePoint now) {
  ++measured_probes_;
  if (gap_.count() == 0 || cursor.lane->period.count() > 0) return;
  const auto addresses = static_cast<std::int64_t>(cursor.lane->targets.size());
  cursor.start = std::max(cursor.start, now - kMostLag) + gap_ * unlimited_ / addresses;
}

void Walk::adopt_pace(Cursor& cursor) {
  Track& lane = *cursor.lane;
  auto period = std::chrono::nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(cursor.full_period.count()) / share_));
  if (cursor.apart) period = std::max(period, sentinels_->period(lane.targets.front()));
  if (period.count() > 0 && !has_limit(cursor)) period = std::max(period, gap_ * unlimited_);
  if (period == lane.period) return;
  // The round that begins now keeps its time, and all later ones are as far apart as is due.
  cursor.start += start_of_round(lane, round_of(cursor));
  lane.period = period;
  cursor.start -= start_of_round(lane, round_of(cursor));
}

std::chrono::nanoseconds Walk::reached_period(const Cursor& cursor, TimePoint now) const {
  if (cursor.lane->period.count() > 0) return cursor.lane->period;
  const auto rounds = static_cast<std::int64_t>(std::max<std::uint64_t>(1, round_of(cursor)));
  return std::max((now - begun_) / rounds, std::chrono::nanoseconds(1));
}

Probe Walk::take(Cursor& cursor, TimePoint now) {
  Track& lane = *cursor.lane;
  Probe probe{.target = lane.targets[cursor.position],
              .port = port_of(cursor),
              .round = static_cast<std::uint32_t>(round_of(cursor))};
  if (cursor.for_sentinels) {
    probe.sentinel = true;
    probe.port = sentinels_->turn(probe.target, now, reached_period(cursor, now));
  } else {
    std::uint32_t& place = lane.places[cursor.position];
    place += slices_;
    if (place >= lane.ports) ++lane.through;
    if (sentinels_ != nullptr) sentinels_->count_probe(probe.target);
  }
  if (probe.port != 0) {
    if (now - cursor.due > lane.lag) cursor.start += now - cursor.due;
    if (!has_limit(cursor)) space_out(cursor, now);
    cursor.used = true;
  }
  const bool slowed =
      cursor.for_sentinels && !cursor.apart && sentinels_->period(probe.target) > lane.period;
  slowed ? set_apart(cursor, now) : void(++cursor.position);
  schedule(cursor);
  return probe;
}

/// From here on the address at which the cursor stands goes its own way; its next probe is one
/// period away.
void Walk::set_apart(Cursor& cursor, TimePoint now) {
  Track& others = *cursor.lane;
  const auto position = static_cast<std::ptrdiff_t>(cursor.position);
  Track lane = others;
  lane.targets = {others.targets[cursor.position]};
  lane.places = {others.places[cursor.position]};
  lane.through = 0;
  lane.period = sentinels_->period(lane.targets.front());
  others.targets.erase(others.targets.begin() + position);
  others.places.erase(others.places.begin() + position);
  Cursor own{.lane = &lanes_.emplace_back(std::move(lane)), .apart = true};
  own.until_sentinels = rounds_until_sentinels(true);
  own.full_period = cursor.full_period;
  own.start = now + own.lane->period - start_of_round(*own.lane, round_of(own));
  schedule(own);
  push(own);
}

void Walk::schedule(Cursor& cursor) const {
  const Lane& lane = *cursor.lane;
  if (lane.targets.empty()) return;
  const auto begin = start_of_round(lane, round_of(cursor));
  const auto length = start_of_round(lane, round_of(cursor) + 1) - begin;
  const auto size = static_cast<std::int64_t>(lane.targets.size());
  cursor.due = cursor.start + begin + times(length, cursor.position) / size;
}

}  // namespace lockstep::scan
