#include "scan/packet_engine.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>

#include "base/text.h"
#include "scan/neighbours.h"
#include "scan/packet_link.h"
#include "scan/passes.h"
#include "scan/rates.h"
#include "scan/udp_link.h"
#include "scan/udp_payloads.h"

namespace lockstep::scan {
namespace {

constexpr std::size_t kSendBatch = 64;
constexpr std::chrono::milliseconds kPoll(5);
constexpr std::chrono::microseconds kFullInterface(100);
/// Batches of frames that are read before the sending goes on, however many more have arrived.
constexpr int kReceiveBatches = 64;
/// A pass waits at most for so many quiet times after its last probe, however its answers trickle
/// in; those that come later still count.
constexpr int kMostQuietTimes = 8;
/// Neighbour requests are broadcasts, which every node of the link has to look at.
constexpr double kNeighbourRequestsPerSecond = 1000;

struct RoutedTarget {
  std::uint32_t index = 0;
  net::Route route;
};

void set_status(const ResultTable& table, std::uint32_t target, TargetStatus status) {
  table.target(target).status.store(status, std::memory_order_relaxed);
}

/// Pins the calling thread to the CPU whose frames the fan-out gives to end `index` of `count`.
void pin_to_cpu(std::size_t index, std::size_t count) {
  cpu_set_t usable;
  if (::sched_getaffinity(0, sizeof usable, &usable) != 0) return;
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (cpu % count != index || !CPU_ISSET(cpu, &usable)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    ::pthread_setaffinity_np(::pthread_self(), sizeof one, &one);
    return;
  }
}

/// What the threads of one pass over one link share.
struct PassState {
  const Plan& plan;
  const ResultTable& table;
  const ProbeLink& link;
  const Passes& passes;
  unsigned pass;
  std::atomic<std::size_t> sending;
  std::mutex mutex;
  std::optional<Error> error;  // guarded by mutex
};

/// One thread's part of one pass: it sends its share of the probes, and receives until the pass is
/// quiet.
class Sender {
 public:
  Sender(PassState& state, net::FrameIo& io, Walk walk)
      : state_(state),
        io_(io),
        walk_(std::move(walk)),
        room_(kSendBatch * state.link.frame_room()),
        last_answer_(io.now()) {}

  void run() {
    auto done = send_all();
    --state_.sending;
    if (done) done = wait_for_answers();
    if (done) return;
    const std::scoped_lock lock(state_.mutex);
    state_.error = done.error();
    state_.table.run().stop = true;
  }

 private:
  bool stopped() const { return state_.table.run().stop.load(std::memory_order_relaxed); }

  Result<void> send_all() {
    std::array<Probe, kSendBatch> probes;
    while (!walk_.done() && !stopped()) {
      LOCKSTEP_CHECK(receive());
      const std::size_t count = walk_.next(io_.now(), probes);
      if (count > 0) {
        LOCKSTEP_CHECK(send(std::span(probes).first(count)));
      } else if (!walk_.done()) {
        io_.wait_until(std::min(walk_.due(), io_.now() + kPoll));
      }
    }
    return {};
  }

  Result<void> send(std::span<const Probe> probes) {
    for (std::size_t i = 0; i < probes.size(); ++i) {
      const net::MutableBytes room =
          std::span(room_).subspan(i * state_.link.frame_room(), state_.link.frame_room());
      frames_[i] = room.first(state_.link.write(probes[i], state_.pass, room));
    }
    for (auto frames = std::span<const net::Bytes>(frames_).first(probes.size());
         !frames.empty() && !stopped();) {
      LOCKSTEP_TRY(const std::size_t sent, send_what_fits(frames));
      count(probes.first(sent));
      probes = probes.subspan(sent);
      frames = frames.subspan(sent);
    }
    return {};
  }

  void count(std::span<const Probe> sent) {
    RunCounters& run = state_.table.run();
    run.probes.fetch_add(sent.size(), std::memory_order_relaxed);
    run.pass_sent.fetch_add(sent.size(), std::memory_order_relaxed);
    if (run.pass.load(std::memory_order_relaxed) > 1) return;
    for (const Probe& probe : sent) {
      state_.table.target(probe.target).asked.fetch_add(1, std::memory_order_relaxed);
    }
  }

  /// Returns how many went out; where not all did, after a wait.
  Result<std::size_t> send_what_fits(std::span<const net::Bytes> frames) {
    LOCKSTEP_TRY(const std::size_t sent, io_.send(frames));
    if (sent < frames.size()) io_.wait_until(io_.now() + kFullInterface);
    return sent;
  }

  Result<void> receive() {
    resets_.clear();
    const std::uint64_t answers_before = answers_;
    for (int i = 0; i < kReceiveBatches; ++i) {
      const auto frames = io_.receive();
      if (frames.empty()) break;
      for (const net::Bytes frame : frames) {
        const Classified classified = state_.link.classify(frame, state_.table);
        answers_ += classified.news;
        if (classified.reset) resets_.push_back(*classified.reset);
      }
    }
    if (answers_ > answers_before) last_answer_ = io_.now();
    return send_resets();
  }

  /// After a stop, as many as fit.
  Result<void> send_resets() {
    reset_views_.clear();
    for (const net::Frame& reset : resets_) reset_views_.push_back(reset.bytes());
    for (std::span<const net::Bytes> frames = reset_views_; !frames.empty();) {
      LOCKSTEP_TRY(const std::size_t sent, send_what_fits(frames));
      frames = frames.subspan(sent);
      if (stopped()) break;
    }
    return {};
  }

  Result<void> wait_for_answers() {
    const std::chrono::nanoseconds quiet = state_.plan.quiet_time;
    net::TimePoint quiet_since = io_.now();
    while (!stopped() && !(state_.sending == 0 && state_.passes.all_answered())) {
      LOCKSTEP_CHECK(receive());
      if (state_.sending > 0) quiet_since = io_.now();
      const net::TimePoint end = std::min(std::max(quiet_since, last_answer_) + quiet,
                                          quiet_since + quiet * kMostQuietTimes);
      if (io_.now() >= end) return {};
      io_.wait_until(std::min(end, io_.now() + kPoll));
    }
    return receive();
  }

  PassState& state_;
  net::FrameIo& io_;
  Walk walk_;
  std::vector<std::byte> room_;
  std::array<net::Bytes, kSendBatch> frames_;  // views of room_
  std::vector<net::Frame> resets_;
  std::vector<net::Bytes> reset_views_;
  net::TimePoint last_answer_;
  std::uint64_t answers_ = 0;
};

/// All passes over the targets of one link.
class LinkRun {
 public:
  LinkRun(net::Links& links, const Plan& plan, const ResultTable& table,
          std::unique_ptr<ProbeLink> link)
      : links_(links), plan_(plan), table_(table), link_(std::move(link)) {}

  /// Opens the interface and finds out who is there: `routed` are the targets behind it.
  Result<void> prepare(const std::vector<RoutedTarget>& routed) {
    const unsigned threads = thread_count(routed);
    LOCKSTEP_TRY(ends_, links_.open(link_->interface(), link_->filter(), threads));
    NeighbourRequests requests;
    for (const RoutedTarget& target : routed) {
      requests[target.route.next_hop(plan_.targets[target.index].address)] = target.route.source;
    }
    const double pace = std::min(plan_.rate.value(), kNeighbourRequestsPerSecond);
    LOCKSTEP_TRY(const auto macs, resolve_neighbours(ends_, link_->interface().mac, requests, pace,
                                                     table_.run().stop));
    for (const RoutedTarget& target : routed) add(target, macs);
    return {};
  }

  Result<void> run() {
    const auto done = run_passes();
    std::uint64_t drops = 0;
    for (const auto& end : ends_) drops += end->receive_drops();
    table_.run().dropped.fetch_add(drops, std::memory_order_relaxed);
    LOCKSTEP_CHECK(done);
    return check_link();
  }

 private:
  Result<void> run_passes() {
    Passes passes(plan_, table_, link_->targets());
    std::chrono::nanoseconds took(0);
    while (!table_.run().stop) {
      const auto pass = passes.next(took);
      if (!pass) break;
      const net::TimePoint start = ends_.front()->now();
      LOCKSTEP_CHECK(run_pass(passes, *pass));
      took = ends_.front()->now() - start;
    }
    return {};
  }

  /// Silence after the last probe is a filter only if the answers could still come in.
  Result<void> check_link() {
    LOCKSTEP_TRY(const net::Interface interface, links_.interface(link_->interface().index));
    if (interface.up) return {};
    return fail(ErrorKind::unavailable,
                fmt::format("interface {} went down", quoted(interface.name)));
  }

  unsigned thread_count(const std::vector<RoutedTarget>& routed) const {
    std::vector<std::uint32_t> indices;
    for (const RoutedTarget& target : routed) indices.push_back(target.index);
    const std::vector<double> rates = allocate_rates(plan_, indices, plan_.rate);
    return sender_threads(plan_, std::accumulate(rates.begin(), rates.end(), 0.0));
  }

  void add(const RoutedTarget& target, const std::map<IpAddress, net::MacAddress>& macs) {
    const IpAddress& address = plan_.targets[target.index].address;
    const auto mac = macs.find(target.route.next_hop(address));
    if (mac == macs.end()) {
      if (!table_.run().stop) set_status(table_, target.index, TargetStatus::no_neighbour);
      return;
    }
    link_->add(target.index, {link_->interface().mac, mac->second, target.route.source, address});
  }

  Result<void> run_pass(const Passes& passes, const Pass& pass) {
    const std::size_t count = ends_.size();
    PassState state{plan_, table_, *link_, passes, pass.number, {count}, {}, {}};
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        if (count > 1) pin_to_cpu(i, count);
        net::FrameIo& io = *ends_[i];
        Walk walk(pass, table_, static_cast<unsigned>(i), static_cast<unsigned>(count), io.now());
        Sender(state, io, std::move(walk)).run();
      });
    }
    threads.clear();  // joins
    link_->settle(table_);
    if (state.error) return std::unexpected(*state.error);
    return {};
  }

  net::Links& links_;
  const Plan& plan_;
  const ResultTable& table_;
  std::unique_ptr<ProbeLink> link_;
  std::vector<std::unique_ptr<net::FrameIo>> ends_;
};

/// So many ports of ours ask by UDP: a forged answer has to know which.
constexpr std::size_t kUdpPorts = 16;

/// Our ports, held as long as the run lasts.
class OwnPorts {
 public:
  static Result<OwnPorts> reserve(net::Links& links, const Plan& plan) {
    OwnPorts own;
    const bool udp = plan.protocol == Protocol::udp;
    for (std::size_t i = 0; i < (udp ? kUdpPorts : 1); ++i) {
      LOCKSTEP_TRY(const Port port, own.hold(links, plan.protocol));
      own.ports_.usual.push_back(port);
    }
    if (!udp) return own;
    for (const Port asked : plan.ports) {
      if (!std::ranges::any_of(udp_payloads(asked), &UdpPayload::answers_from_other_port)) continue;
      LOCKSTEP_TRY(own.ports_.for_moving[asked], own.hold(links, plan.protocol));
    }
    return own;
  }

  std::unique_ptr<ProbeLink> make_link(net::Interface interface, const Plan& plan) const {
    if (plan.protocol == Protocol::tcp) {
      return std::make_unique<PacketLink>(std::move(interface), ports_.usual.front(), plan.key);
    }
    return std::make_unique<UdpLink>(std::move(interface), ports_, plan.sources, plan.key);
  }

 private:
  Result<Port> hold(net::Links& links, Protocol protocol) {
    LOCKSTEP_TRY(net::ReservedPort held, links.reserve_port(protocol));
    held_.push_back(std::move(held));
    return held_.back().port;
  }

  UdpSourcePorts ports_;
  std::vector<net::ReservedPort> held_;
};

/// An answer to an address that is not ours would reach nobody.
Result<void> check_sources(net::Links& links, const Plan& plan) {
  if (plan.sources.empty()) return {};
  LOCKSTEP_TRY(const auto routes, links.routes(""));
  for (const IpAddress& source : plan.sources) {
    const auto route = routes->route_to(source);
    if (route && route->local) continue;
    return fail(ErrorKind::invalid,
                fmt::format("source address {} is no address of this machine; add it to the "
                            "interface (ip address add), or take it out of [scan] source_addresses",
                            source.to_string()));
  }
  return {};
}

/// The targets by the interface that leads to them; those that none leads to are marked.
Result<std::map<int, std::vector<RoutedTarget>>> route_targets(
    net::Links& links, const Plan& plan, const ResultTable& table,
    const std::vector<std::uint32_t>& targets) {
  LOCKSTEP_TRY(const auto routes, links.routes(plan.interface));
  std::map<int, std::vector<RoutedTarget>> by_interface;
  for (const std::uint32_t target : targets) {
    const auto route = routes->route_to(plan.targets[target].address);
    if (!route) {
      set_status(table, target, TargetStatus::no_route);
    } else if (route->local) {
      set_status(table, target, TargetStatus::unsupported);
    } else {
      by_interface[route->interface_index].push_back({target, *route});
    }
  }
  return by_interface;
}

}  // namespace

Result<void> PacketEngine::do_run(const Plan& plan, const ResultTable& table,
                                  std::vector<std::uint32_t> targets) {
  LOCKSTEP_CHECK(check_sources(links_, plan));
  LOCKSTEP_TRY(const auto by_interface, route_targets(links_, plan, table, targets));
  LOCKSTEP_TRY(const OwnPorts own_ports, OwnPorts::reserve(links_, plan));
  std::vector<std::unique_ptr<LinkRun>> runs;
  for (const auto& [index, routed] : by_interface) {
    LOCKSTEP_TRY(net::Interface interface, links_.interface(index));
    if (!interface.ethernet || !interface.up) {
      for (const RoutedTarget& target : routed) {
        set_status(table, target.index,
                   interface.up ? TargetStatus::unsupported : TargetStatus::no_route);
      }
      continue;
    }
    runs.push_back(std::make_unique<LinkRun>(links_, plan, table,
                                             own_ports.make_link(std::move(interface), plan)));
    LOCKSTEP_CHECK(runs.back()->prepare(routed));
  }
  for (const auto& run : runs) LOCKSTEP_CHECK(run->run());
  return {};
}

}  // namespace lockstep::scan
