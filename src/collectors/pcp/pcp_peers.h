// What a pool of PCP workers holds between rounds: its processes, and the nodes with their
// connections.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "collectors/pcp/pcp_pool.h"
#include "proc/confined_child.h"

namespace lockstep::pcp {

using TimePoint = std::chrono::steady_clock::time_point;

struct Peer;

/// A question that a process has not yet answered.
struct Asked {
  Peer* peer = nullptr;  ///< null: nobody waits for the answer any more
  TimePoint at{};
  bool cut_off = false;
};

/// A process without rights.
struct Worker {
  Worker(ConfinedChild started, bool is_for_suspects)
      : child(std::move(started)), for_suspects(is_for_suspects) {}

  ConfinedChild child;
  bool for_suspects;
  bool ready = false;  ///< it has said something
  bool has_settings = false;
  std::size_t connections = 0;
  std::map<std::uint32_t, Asked> asked{};  ///< by the number of the connection
  std::deque<Peer*> to_ask{};
  std::deque<std::uint32_t> to_close{};
  TimePoint heard = std::chrono::steady_clock::now();
  std::string lost{};  ///< why it is to be replaced; empty: it is not
};

/// A node, by all that it did so far.
struct Peer {
  UniqueFd socket{};             ///< none: no connection, or none yet
  std::uint32_t connection = 0;  ///< its number
  Worker* worker = nullptr;      ///< that has the connection, or is to have it
  bool handed_over = false;
  bool suspect = false;     ///< a process was lost while it was on this node and on others
  unsigned failures = 0;    ///< rounds without an answer, one after the other
  unsigned unanswered = 0;  ///< of them the latest, those over a connection
  TimePoint held_until{};
  std::string held_why{};
  TimePoint last_in_round{};
  // Of the round that goes on.
  bool is_new = false;  ///< the connection
  std::size_t target = kNone;
  std::vector<Measured> values{};
  std::set<std::string> names{};

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
};

class Pool::State {
 public:
  explicit State(PoolOptions given) : options(std::move(given)) {}

  /// The one of those that there are that has most room, or a new one.
  Result<Worker*> worker_for(bool suspect);
  /// Ends the connection, at once for the node, and tells the worker.
  void disconnect(Peer& peer);
  /// As the worker takes it.
  void tell_closings(Worker& worker);

  PoolOptions options;
  std::map<Target, Peer> peers;
  std::vector<std::unique_ptr<Worker>> workers;  // gone before the peers
  std::uint32_t last_connection = 0;
};

}  // namespace lockstep::pcp
