#include "scan/walk.h"

#include <algorithm>

namespace lockstep::scan {
namespace {

/// Answered probes that one call may skip, so that the caller gets to its receive ring in time.
constexpr std::size_t kSkipBudget = 65536;

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
  run.probes.fetch_add(sent.size(), std::memory_order_relaxed);
  run.pass_sent.fetch_add(sent.size(), std::memory_order_relaxed);
  if (run.pass.load(std::memory_order_relaxed) > 1) return;
  for (const Probe& probe : sent) {
    table.target(probe.target).asked.fetch_add(1, std::memory_order_relaxed);
  }
}

Walk::Walk(const Pass& pass, const ResultTable& table, unsigned slice, unsigned slices,
           TimePoint start)
    : pass_(pass), table_(table), slice_(slice), slices_(slices) {
  for (const Lane& lane : pass.lanes) {
    if (slice >= lane.ports || lane.targets.empty()) continue;
    Cursor cursor{.lane = &lane, .port = slice, .start = start, .due = start};
    schedule(cursor);
    heap_.push_back(cursor);
  }
  std::ranges::make_heap(heap_, std::greater<>{}, &Cursor::due);
}

std::size_t Walk::next(TimePoint now, std::span<Probe> out) {
  const auto later = [](const Cursor& a, const Cursor& b) { return a.due > b.due; };
  std::size_t budget = kSkipBudget;
  std::size_t count = 0;
  while (count < out.size() && budget > 0 && !heap_.empty() && heap_.front().due <= now) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Cursor& cursor = heap_.back();
    if (!settle(cursor, budget)) {
      heap_.pop_back();
      continue;
    }
    if (budget > 0 && cursor.due <= now) {
      out[count++] = {cursor.lane->targets[cursor.position], pass_.ports[cursor.port],
                      static_cast<std::uint32_t>(round_of(cursor))};
      if (now - cursor.due > cursor.lane->lag) cursor.start += now - cursor.due;
      cursor.used = true;
      ++cursor.position;
      schedule(cursor);
    }
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  return count;
}

bool Walk::settle(Cursor& cursor, std::size_t& budget) const {
  for (; budget > 0; --budget) {
    if (cursor.position == cursor.lane->targets.size()) {
      cursor.position = 0;
      cursor.port += slices_;
      if (cursor.used) ++cursor.rounds;
      cursor.used = false;
      if (cursor.port >= cursor.lane->ports) return false;
    }
    if (unanswered(cursor)) break;
    ++cursor.position;
  }
  schedule(cursor);
  return true;
}

void Walk::schedule(Cursor& cursor) const {
  const Lane& lane = *cursor.lane;
  const auto begin = start_of_round(lane, round_of(cursor));
  const auto length = start_of_round(lane, round_of(cursor) + 1) - begin;
  const auto size = static_cast<std::int64_t>(lane.targets.size());
  cursor.due = cursor.start + begin + times(length, cursor.position) / size;
}

bool Walk::unanswered(const Cursor& cursor) const {
  return table_.answer(cursor.lane->targets[cursor.position], pass_.ports[cursor.port]) ==
         Answer::none;
}

}  // namespace lockstep::scan
