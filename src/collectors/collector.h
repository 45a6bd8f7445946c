// A collector examines addresses and reports what it saw. It knows neither store nor schedule:
// facts go to a sink. One folder a collector; add yours beside ports/, and one line in app/.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/port.h"
#include "base/result.h"
#include "collectors/leave_list.h"
#include "model/observation.h"
#include "model/service.h"
#include "model/value.h"

namespace lockstep {

/// A port that is asked what it is.
struct ServiceQuestion {
  Protocol protocol = Protocol::tcp;
  Port port = 0;
  std::string expected{};    ///< the name of the service that should be there; empty: not known
  bool expects_tls = false;  ///< the same within TLS
  /// ONC-RPC programs that may be there; each is called by its NULL procedure.
  std::vector<std::uint32_t> programs{};
};

/// One address to examine.
struct CollectTarget {
  std::string node;
  IpAddress address;
  std::string network;
  std::string group;  ///< rack or switch, for its rate; empty: none
  /// What the node may get, over all its addresses together.
  PacketsPerSecond node_rate = PacketsPerSecond::unlimited();
  /// For collectors that ask what is there, not whether something is.
  std::vector<ServiceQuestion> questions{};
  /// Collector `ports` alone: what it is asked in place of all ports, some of them that follow one
  /// another; null: all. Outlives the collection; CollectControl::ports goes before it.
  const PortSets* ports = nullptr;
};

/// Where facts go. Called from one thread, in any order of addresses; the coverage of an address
/// comes after its observations.
class ObservationSink {
 public:
  virtual ~ObservationSink() = default;
  virtual void observe(PortObservation observation) = 0;
  virtual void identify(const ServiceObservation& /*observation*/) {
  }                                                                 ///< of collectors that ask that
  virtual void measure(const ValueObservation& /*observation*/) {}  ///< of collectors that measure
  virtual void cover(Coverage coverage) = 0;
};

/// How far a collection is, a few times a second.
struct CollectProgress {
  std::uint64_t done = 0;     ///< units of work of the pass at hand, such as probes sent
  std::uint64_t planned = 0;  ///< of the pass at hand; 0: not known yet
  unsigned pass = 0;
  std::uint64_t open_ports = 0;
  std::chrono::nanoseconds elapsed{0};
  double per_second = 0;  ///< units of work, lately
};

/// What a collection has so far, for a caller that keeps it against the end of the process.
struct CollectCheckpoint {
  std::vector<PortObservation> open;  ///< open ports alone: silence is not yet known to be one
  std::vector<Coverage> coverage;     ///< of addresses that were begun
};

/// What the caller holds on to while a collection runs.
struct CollectControl {
  /// Set from any thread or a signal handler: the collection ends within some tens of milliseconds,
  /// and what it has is reported.
  const std::atomic<bool>* stop = nullptr;
  /// Called from a thread of the collector; may be empty.
  std::function<void(const CollectProgress&)> progress;
  /// Called about once a second, less often where a call takes long, from a thread of the
  /// collector or the caller's, never two at once; may be empty.
  std::function<void(const CollectCheckpoint&)> checkpoint{};
  /// Ask these instead of the collector's own ports: a second look at some.
  std::optional<PortSets> ports{};
  /// Nodes that are to be left alone at once, whatever is still to be asked of them: no probe goes
  /// to them within half a second of their being on it, and no connection to them stays. Their
  /// coverage has the gap `left`. May be null.
  const LeaveList* leave = nullptr;
  /// Go on with what an earlier process was at when it ended, and hold the place for a later one.
  bool resumes = false;

  bool stopped() const { return stop != nullptr && stop->load(std::memory_order_relaxed); }
};

/// How a collection went.
struct CollectSummary {
  std::string method;  ///< the engine or protocol used, such as "packet"
  std::uint64_t probes_sent = 0;
  std::chrono::nanoseconds duration{0};
  bool interrupted = false;
  std::string problem;        ///< what ended it early, where nobody stopped it; else empty
  std::uint64_t resumed = 0;  ///< answers that an earlier process had got, of the same work
  std::string not_resumable;  ///< why no later process could go on with it, though it was to
};

class Collector {
 public:
  virtual ~Collector() = default;

  virtual std::string_view name() const = 0;

  /// Examines the targets and reports each of them, examined or not, by exactly one Coverage.
  /// Errors tell why nothing could be examined at all; a single address that cannot be is no error
  /// but a gap in its coverage. Blocks; one call at a time.
  Result<CollectSummary> collect(const std::vector<CollectTarget>& targets, ObservationSink& sink,
                                 const CollectControl& control) {
    const auto start = std::chrono::steady_clock::now();
    auto summary = do_collect(targets, sink, control);
    if (summary) summary->duration = std::chrono::steady_clock::now() - start;
    return summary;
  }

  /// What was collected is kept elsewhere, or nobody wants it: no later process is to go on with
  /// it.
  virtual void give_up_place() {}

 private:
  virtual Result<CollectSummary> do_collect(const std::vector<CollectTarget>& targets,
                                            ObservationSink& sink,
                                            const CollectControl& control) = 0;
};

}  // namespace lockstep
