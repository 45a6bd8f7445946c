// The order in which a pass asks: ports outside, addresses inside, both shuffled by the seed. Each
// address is thus asked evenly, no address twice in a row while there are others, and neighbours in
// the table are not neighbours in time.
//
// Addresses of equal rate form a lane. A lane goes in rounds: a round lasts at least 1/rate, and
// asks each address of the lane at most once, so that no address ever gets more than its rate. Each
// address has a place of its own in the order of ports, and a round asks it the next port there
// that it has not answered: in a first pass the same port of all, in later ones, where most is
// answered, whatever is left, so that such a pass lasts as long as its probes take and no longer.
// Addresses that are through leave, and the others may have their part of the rate, as far as
// Lane::least_period lets them.
//
// An address whose sentinels are lost (sentinels.h) leaves its lane for one of its own, at the pace
// that it bears. Every so many rounds of a lane are for the sentinels. Where all are to go slower,
// periods become longer; lanes without a limit then share one gap between probes, of what the walk
// has reached.
//
// A walk is one thread's share: every n-th round of each lane. It only computes; the time comes in.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "base/port.h"
#include "scan/result_table.h"
#include "scan/sentinels.h"

namespace lockstep::scan {

using TimePoint = std::chrono::steady_clock::time_point;

struct Probe {
  std::uint32_t target = 0;  ///< index into Plan::targets
  Port port = 0;
  std::uint32_t round = 0;  ///< of its lane; those in which nothing was asked are not counted
  bool sentinel = false;    ///< has answered before; asked to measure loss
};

/// A lateness that a lane may make up for; beyond it, its schedule moves instead.
inline constexpr std::chrono::milliseconds kMostLag(2);

/// Addresses that are asked at the same rate.
struct Lane {
  std::vector<std::uint32_t> targets{};
  std::chrono::nanoseconds period{0};  ///< between two probes of one address; 0: no limit
  /// What `period` may come down to as addresses are through; none: it stays.
  std::optional<std::chrono::nanoseconds> least_period{};
  /// So many rounds may be ahead of the period, `burst_period` apart: what a bucket holds that is
  /// full at first.
  std::uint64_t burst = 0;
  std::chrono::nanoseconds burst_period{0};
  std::chrono::nanoseconds lag = kMostLag;  ///< that it may make up for
  std::size_t ports = 0;                    ///< the lane asks so many of the pass's ports
  std::size_t first_port = 0;               ///< from this index on
  /// Its first round begins so much later, so that many lanes do not send at one moment.
  std::chrono::nanoseconds offset{0};
};

/// The lateness that a lane of `period` may make up for, such that an address that is capped at
/// `cap` gets at most two packets above the cap in any 10 ms.
std::chrono::nanoseconds most_lag(std::chrono::nanoseconds period, PacketsPerSecond cap);

/// When round `round` of a lane may begin, after the lane's start.
std::chrono::nanoseconds start_of_round(const Lane& lane, std::uint64_t round);

/// One round over all that is unanswered.
struct Pass {
  unsigned number = 1;
  std::vector<Port> ports;  ///< in the order in which they are asked; see Lane::first_port
  std::vector<Lane> lanes;
  std::uint64_t probes = 0;           ///< that it will send, at most
  std::chrono::nanoseconds quiet{0};  ///< it ends when no answer has come for so long
};

/// Counts probes that have gone out. Any thread may call it.
void count_sent(const ResultTable& table, std::span<const Probe> sent);

class Walk {
 public:
  /// The share `slice` of `slices` of `pass`, beginning at `start`. What is handed in must outlive
  /// the walk; what the table shows as answered, or to be left, is skipped. Without `sentinels`,
  /// rates stay as they are.
  Walk(const Pass& pass, const ResultTable& table, unsigned slice, unsigned slices, TimePoint start,
       Sentinels* sentinels = nullptr);

  /// Writes the probes that are due at `now` into `out`, at most out.size(); returns how many.
  /// Fewer than fit: nothing more is due before due(), or done(). A call that comes late does not
  /// catch up: the schedule moves on by what was lost, so that nobody gets a burst.
  std::size_t next(TimePoint now, std::span<Probe> out);

  bool done() const { return heap_.empty(); }
  /// When to call next() again; only while not done().
  TimePoint due() const { return heap_.front().due; }

 private:
  /// A lane, and where each of its targets stands in its ports.
  struct Track : Lane {
    std::vector<std::uint32_t> places{};  // as targets; from `ports` on: it is through
    std::size_t through = 0;              // targets
  };

  struct Cursor {
    Track* lane = nullptr;
    std::size_t position = 0;      // index into the lane's targets
    std::uint64_t rounds = 0;      // that sent something, before this one
    bool used = false;             // whether this round sent something
    bool apart = false;            // the lane is one address's, which goes at a pace of its own
    bool for_sentinels = false;    // this round
    unsigned until_sentinels = 0;  // rounds that send something
    std::chrono::nanoseconds full_period{0};  // of the lane, while nothing slows it down
    TimePoint start{};  // of round 0, had the lane always gone at its present period
    TimePoint due{};
  };

  void push(const Cursor& cursor);
  /// Moves to the next probe that is wanted, from where the cursor stands; false at the end of the
  /// lane.
  bool settle(Cursor& cursor, std::size_t& budget, TimePoint now);
  bool wanted(const Cursor& cursor, std::size_t& budget, TimePoint now);
  bool find_port(Track& lane, std::size_t position, std::size_t& budget) const;
  Port port_of(const Cursor& cursor) const {
    const Track& lane = *cursor.lane;
    return pass_.ports[lane.first_port + lane.places[cursor.position]];
  }
  void end_round(Cursor& cursor);
  bool share_out(Cursor& cursor);
  std::chrono::nanoseconds shared_period(const Cursor& cursor, std::size_t left) const;
  static void drop_those_through(Track& lane);
  void adopt_pace(Cursor& cursor);
  unsigned rounds_until_sentinels(bool apart);
  std::chrono::nanoseconds reached_period(const Cursor& cursor, TimePoint now) const;
  static bool has_limit(const Cursor& cursor) { return cursor.full_period.count() > 0; }
  void adopt_share(TimePoint now);
  void space_out(Cursor& cursor, TimePoint now);
  /// Where the cursor stands, and moves on; port 0: nothing, after all.
  Probe take(Cursor& cursor, TimePoint now);
  void set_apart(Cursor& cursor, TimePoint now);
  std::uint64_t round_of(const Cursor& cursor) const { return cursor.rounds * slices_ + slice_; }
  void schedule(Cursor& cursor) const;

  const Pass& pass_;
  const ResultTable& table_;
  unsigned slice_;
  unsigned slices_;
  Sentinels* sentinels_;
  std::uint64_t random_;
  TimePoint begun_;
  double share_ = 1;                   // of all rates
  std::chrono::nanoseconds gap_{0};    // between probes of lanes without a limit,
  std::int64_t unlimited_ = 0;         // which have so many addresses
  TimePoint measured_from_{};          // without a gap,
  std::uint64_t measured_probes_ = 0;  // so many of those have gone out
  std::deque<Track> lanes_;            // those of the pass, and what has become of them
  std::vector<Cursor> heap_;           // the cursor that is due first in front
};

}  // namespace lockstep::scan
