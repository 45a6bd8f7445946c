#include "scan/packet_engine.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <thread>

#include "scan/link_targets.h"
#include "scan/own_ports.h"
#include "scan/passes.h"
#include "scan/probe_link.h"

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
  const Pass& pass;
  Sentinels* sentinels;  // or null
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
        begun_(io.now()),
        last_answer_(begun_) {}

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
      frames_[i] = room.first(state_.link.write(probes[i], state_.pass.number, room));
    }
    for (auto frames = std::span<const net::Bytes>(frames_).first(probes.size());
         !frames.empty() && !stopped();) {
      LOCKSTEP_TRY(const std::size_t sent, send_what_fits(frames));
      count_sent(state_.table, probes.first(sent));
      probes = probes.subspan(sent);
      frames = frames.subspan(sent);
    }
    return {};
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
        if (classified.again && state_.sentinels != nullptr) {
          state_.sentinels->answered(classified.again->target, classified.again->port);
        }
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
    const std::chrono::nanoseconds quiet = state_.pass.quiet;
    net::TimePoint quiet_since = io_.now();
    while (!stopped() && !(state_.sending == 0 && state_.passes.settled(quiet_since - begun_))) {
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
  net::TimePoint begun_;
  net::TimePoint last_answer_;
  std::uint64_t answers_ = 0;
};

/// All passes over the targets of one link.
class LinkRun {
 public:
  LinkRun(net::Links& links, const Plan& plan, const ResultTable& table,
          std::unique_ptr<ProbeLink> link)
      : links_(links), plan_(plan), table_(table), link_(std::move(link)) {
    // The rate of datagrams is that of the hosts' ICMP errors.
    if (plan.protocol == Protocol::tcp) sentinels_.emplace(plan, table, plan.quiet_time);
  }

  /// Opens the interface: `targets` are behind it.
  Result<void> open(const LinkTargets& targets) {
    const unsigned threads = sender_threads(plan_, targets.rate(plan_));
    LOCKSTEP_TRY(ends_, links_.open(link_->interface(), link_->filter(), threads));
    return {};
  }

  /// Finds out who is there.
  Result<void> prepare(const LinkTargets& targets) {
    LOCKSTEP_TRY(const auto reachable, find_neighbours(ends_, targets, plan_, table_));
    for (const ReachableTarget& target : reachable) link_->add(target.index, target.addresses);
    return {};
  }

  Result<void> run() {
    const auto done = run_passes();
    std::uint64_t drops = 0;
    for (const auto& end : ends_) drops += end->receive_drops();
    table_.run().dropped.fetch_add(drops, std::memory_order_relaxed);
    LOCKSTEP_CHECK(done);
    return check_link(links_, link_->interface());
  }

 private:
  Result<void> run_passes() {
    Passes passes(plan_, table_, link_->targets(), sentinels_.has_value());
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

  Result<void> run_pass(const Passes& passes, const Pass& pass) {
    const std::size_t count = ends_.size();
    Sentinels* const sentinels = sentinels_ ? &*sentinels_ : nullptr;
    if (sentinels != nullptr) sentinels->begin_pass();
    PassState state{plan_, table_, *link_, passes, pass, sentinels, {count}, {}, {}};
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        if (count > 1) pin_to_cpu(i, count);
        net::FrameIo& io = *ends_[i];
        Walk walk(pass, table_, static_cast<unsigned>(i), static_cast<unsigned>(count), io.now(),
                  sentinels);
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
  std::optional<Sentinels> sentinels_;
  std::vector<std::unique_ptr<net::FrameIo>> ends_;
};

}  // namespace

Result<void> PacketEngine::do_run(const Plan& plan, const ResultTable& table,
                                  std::vector<std::uint32_t> targets) {
  LOCKSTEP_CHECK(check_sources(links_, plan));
  LOCKSTEP_TRY(const auto by_link, route_targets(links_, plan, table, targets));
  LOCKSTEP_TRY(const OwnPorts own_ports, OwnPorts::reserve(links_, plan));
  std::vector<std::unique_ptr<LinkRun>> runs;
  for (const LinkTargets& link : by_link) {
    runs.push_back(
        std::make_unique<LinkRun>(links_, plan, table, own_ports.make_link(link.interface, plan)));
    LOCKSTEP_CHECK(runs.back()->open(link));
  }
  if (when_open_) LOCKSTEP_CHECK(when_open_());
  for (std::size_t i = 0; i < runs.size(); ++i) LOCKSTEP_CHECK(runs[i]->prepare(by_link[i]));
  for (const auto& run : runs) LOCKSTEP_CHECK(run->run());
  return {};
}

}  // namespace lockstep::scan
