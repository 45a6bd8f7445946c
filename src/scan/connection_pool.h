// Non-blocking TCP sockets that connect, tell how it went, and connect again.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "scan/result_table.h"
#include "scan/walk.h"

namespace lockstep::scan {

/// What became of a probe. `answer` is Answer::none where nothing came in time.
struct ConnectOutcome {
  Probe probe;
  Answer answer = Answer::none;
  std::uint32_t errno_value = 0;  ///< what the kernel said; 0 where it connected
};

/// One thread's sockets.
class ConnectionPool {
 public:
  /// At most `size` connections at a time, each given up after `timeout`.
  static Result<ConnectionPool> create(std::size_t size, std::chrono::nanoseconds timeout);

  bool has_room() const { return !idle_.empty(); }
  std::size_t in_flight() const { return fresh_.size() + parked_count_; }

  /// Begins to connect. Only while has_room(). `unavailable`: this machine is out of sockets or
  /// source ports for the moment; try again after collect().
  Result<void> start(const Probe& probe, const IpAddress& address, TimePoint now);

  /// Appends what has ended since, and what is overdue at `now`, to `outcomes`.
  void collect(TimePoint now, std::vector<ConnectOutcome>& outcomes);

  /// When the first of the connections that still wait is overdue; none where none waits.
  std::optional<TimePoint> next_deadline() const;

  /// Waits until something may have ended, or until `deadline`.
  void wait_until(TimePoint deadline, TimePoint now);

  /// Ends every connection without an outcome, and closes all sockets.
  void abandon();

 private:
  struct Slot {
    UniqueFd fd;
    int family = 0;
    Probe probe;
    IpAddress address;
    TimePoint deadline;
    int error = 0;          // of the latest connect()
    std::uint32_t use = 0;  // counts the slot's probes, so that a stale deadline is recognised
    bool parked = false;
  };
  struct Deadline {
    std::uint32_t slot = 0;
    std::uint32_t use = 0;
  };

  ConnectionPool(UniqueFd epoll, std::size_t size, std::chrono::nanoseconds timeout);

  Result<void> open(Slot& slot, int family);
  /// Asks how the connect of `slot` goes; slot.error tells.
  static void ask(Slot& slot);
  /// Whether the connect of `slot` has ended; if so, how.
  static bool has_ended(Slot& slot, ConnectOutcome& outcome);
  void finish(std::uint32_t index);
  void park(std::uint32_t index);
  void collect_fresh(std::vector<ConnectOutcome>& outcomes);
  void collect_parked(std::vector<ConnectOutcome>& outcomes);
  void expire(TimePoint now, std::vector<ConnectOutcome>& outcomes);

  UniqueFd epoll_;
  std::chrono::nanoseconds timeout_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> idle_;
  std::deque<std::uint32_t> fresh_;  // started, not yet collected
  std::deque<Deadline> deadlines_;   // of parked slots, the earliest first
  std::size_t parked_count_ = 0;     // asked once, still connecting: epoll tells
};

}  // namespace lockstep::scan
