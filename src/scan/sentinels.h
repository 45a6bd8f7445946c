// Which loss is ours: ports that have answered in this run are asked again now and then, as
// sentinels, on the addresses that leave probes unanswered. Silence while the sentinels answer is a
// filter, and no reason to change anything; where they are lost as well, the address, or the way to
// all of them, gets too much, and its rate goes down (pace.h). What is lost between us and all of
// them no address gets rid of by going slower alone.
//
// A sentinel takes the place of a probe, so that no rate is exceeded. An address that answers
// everything costs none.
//
// Threads: any thread may call any method, but begin_pass() stands alone.

#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "scan/pace.h"
#include "scan/plan.h"
#include "scan/result_table.h"

namespace lockstep::scan {

class Sentinels {
 public:
  /// A sentinel without an answer after `grace` is lost. Plan and table outlive this.
  Sentinels(const Plan& plan, const ResultTable& table, std::chrono::nanoseconds grace);

  /// Silence counts from here on.
  void begin_pass();

  void count_probe(std::uint32_t target) {
    watched_[target].sent.fetch_add(1, std::memory_order_relaxed);
  }

  /// Whether the next turn of `target` is to be used. Where not, since it answers what it is asked,
  /// that counts as a sentinel that came back. One that is slowed down always uses it.
  bool needed(std::uint32_t target, std::chrono::steady_clock::time_point now);

  /// The port to ask again at `now`, or 0: none, or the one before may still answer. Until now it
  /// was asked every `period`, above 0.
  Port turn(std::uint32_t target, std::chrono::steady_clock::time_point now,
            std::chrono::nanoseconds period);

  /// A port of `target` that had answered before did so again.
  void answered(std::uint32_t target, Port port);

  /// At least so long between two probes of `target`; 0: as its rate says.
  std::chrono::nanoseconds period(std::uint32_t target) const {
    return std::chrono::nanoseconds(watched_[target].period.load(std::memory_order_relaxed));
  }
  /// Of each rate, how much is used, in (0, 1].
  double share() const { return share_.load(std::memory_order_relaxed); }

  /// Between two probes of one walk at the whole of an unlimited rate, as measured; 0: not yet.
  std::chrono::nanoseconds reached_gap() const {
    return std::chrono::nanoseconds(reached_gap_.load(std::memory_order_relaxed));
  }
  void note_reached_gap(std::chrono::nanoseconds gap) {
    reached_gap_.store(gap.count(), std::memory_order_relaxed);
  }

 private:
  struct Watched {
    std::atomic<std::uint32_t> sent{0};  // probes of the pass
    std::uint32_t answered_before = 0;   // the pass
    std::atomic<std::int64_t> period{0};
    // The rest is guarded by mutex_.
    Port port = 0;  // asked last
    bool waiting = false;
    bool back = false;
    std::chrono::steady_clock::time_point asked{};
    std::uint32_t sent_seen = 0;  // at the turn before
    std::uint32_t answered_seen = 0;
    std::chrono::nanoseconds full_period{0};  // at the asked rate
    std::unique_ptr<Pace> pace{};             // once one was lost
    double loss = 0;                          // of the pass, as samples have it
    bool in_sample = false;
    bool sample_back = false;
    std::chrono::steady_clock::time_point sample_asked{};
  };

  bool in_doubt(const Watched& watched, std::uint32_t target) const;
  void judge(std::uint32_t target, bool lost, std::chrono::nanoseconds period);
  void join(Watched& watched, bool back, std::chrono::steady_clock::time_point now);
  void sample(std::chrono::steady_clock::time_point now);
  std::pair<double, double> totals() const;
  static void adopt_pace(Watched& watched);
  Port pick(std::uint32_t target);

  const ResultTable& table_;
  std::chrono::nanoseconds grace_;
  std::vector<Watched> watched_;
  std::mutex mutex_;
  std::uint64_t random_;  // guarded, as what follows
  double tolerated_of_all_;
  Pace all_;
  std::chrono::steady_clock::time_point all_changed_{};
  // Until when the sample takes in what is asked; none: no sample is being taken.
  std::optional<std::chrono::steady_clock::time_point> sample_until_{};
  std::size_t sample_size_ = 0;
  double sample_sent_ = 0;  // probes of the pass before it, and their answers
  double sample_answered_ = 0;
  std::vector<double> losses_{};  // room for what a sample needs
  bool most_lose_ = false;        // as the latest sample had it
  /// Most addresses lose too much, and it is not known yet whether a lower rate of all helps: none
  /// of them tries one alone.
  bool all_lose_ = false;
  std::atomic<double> share_{1};
  std::atomic<std::int64_t> reached_gap_{0};
};

}  // namespace lockstep::scan
