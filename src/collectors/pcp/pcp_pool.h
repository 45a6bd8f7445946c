// Rounds of questions to many nodes' pmcd: makes the connections, keeps them from round to round,
// and has processes without rights talk over them (pcp_worker.h).
//
// Only here a connection is made, if the fence permits it, and each is kept open here too: who is
// late, or is to be left alone, is cut off whatever the process does. A process that crashes or
// hangs is replaced. If it was on one node when it happened, that node is held off for a while; of
// several that it was on, each is asked alone, in a process for such.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/port.h"
#include "base/result.h"
#include "collectors/collector.h"
#include "collectors/pcp/pcp_messages.h"
#include "scan/plan.h"

namespace lockstep::pcp {

inline constexpr Port kPmcdPort = 44321;  // IANA: pcp

struct PoolOptions {
  /// How a worker is started; its socket is kConfinedSocket (proc/confined_child.h).
  std::vector<std::string> command;
  scan::Fence fence;
  Port port = kPmcdPort;
  Settings settings{};
  /// For a connection, and again for an answer over it.
  std::chrono::milliseconds timeout{2000};
  unsigned most_connecting = 1024;         ///< at a time
  std::size_t connections_a_worker = 900;  ///< at most kMostConnectionsAWorker
  /// How long a node is not asked that a process was lost on.
  std::chrono::milliseconds held_off{std::chrono::minutes(10)};
  /// How long a connection is kept to a node that is in no round.
  std::chrono::milliseconds kept_unused{std::chrono::minutes(10)};
};

struct Target {
  std::string node;
  IpAddress address;

  friend auto operator<=>(const Target&, const Target&) = default;
};

struct Answer {
  enum class End {
    answered,
    refused,      ///< nothing listens there
    silent,       ///< no connection in time, or no way to it
    no_answer,    ///< a connection, and no good answer over it
    held_off,     ///< it was, for what it did before
    outside,      ///< of the fence
    left,         ///< it is on the list of those to be left alone
    interrupted,  ///< the round was stopped
  };
  End end = End::interrupted;
  std::string note{};
  std::vector<Measured> values{};  ///< each name once, and of a metric of the settings
};

class Pool {
 public:
  using Report = std::function<void(std::size_t target, Answer answer)>;

  explicit Pool(PoolOptions options);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// One round: reports each target once, in any order. Who answered last time is asked first.
  /// Errors: `unavailable`, no process can be started, or each new one ends at once; then some are
  /// reported. Blocks; one call at a time.
  Result<void> run(const std::vector<Target>& targets, const Report& report,
                   const CollectControl& control);

 private:
  class Run;
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace lockstep::pcp
