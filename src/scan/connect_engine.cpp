#include "scan/connect_engine.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <thread>

#include "net/route.h"
#include "scan/connection_pool.h"
#include "scan/datagram_engine.h"
#include "scan/passes.h"
#include "scan/rates.h"

namespace lockstep::scan {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::chrono::milliseconds kPoll(5);
/// Below the kernel's first retransmission after 1 s, so that one try is one SYN.
constexpr std::chrono::milliseconds kTimeout(900);
constexpr std::size_t kConnectionsPerThread = 4096;

TimePoint now() {
  return std::chrono::steady_clock::now();
}

/// The sockets that this process may still open, shared among `threads`.
std::size_t connections_per_thread(unsigned threads) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 64;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t reserve = std::min<rlim_t>(limit.rlim_cur / 2, 64);  // the rest of the program
  const rlim_t usable = limit.rlim_cur - reserve;
  return std::clamp<std::size_t>(usable / threads, 1, kConnectionsPerThread);
}

/// One thread's part of one pass.
class Connector {
 public:
  Connector(const Plan& plan, const ResultTable& table, ConnectionPool& pool, Walk walk)
      : plan_(plan), table_(table), pool_(pool), walk_(std::move(walk)) {}

  Result<void> run() {
    while (!stopped() && !(walk_.done() && left() == 0 && pool_.in_flight() == 0)) {
      if (left() == 0) refill();
      LOCKSTEP_TRY(const bool progress, start_some());
      collect();
      if (!progress) pool_.wait_until(next_event(), now());
    }
    if (stopped()) pool_.abandon();
    return {};
  }

 private:
  bool stopped() const { return table_.run().stop.load(std::memory_order_relaxed); }
  std::size_t left() const { return count_ - begun_; }

  void refill() {
    begun_ = 0;
    count_ = walk_.next(now(), probes_);
  }

  TimePoint next_event() const {
    const TimePoint poll = now() + kPoll;
    return left() == 0 && !walk_.done() ? std::min(walk_.due(), poll) : poll;
  }

  /// Begins probes of the batch at hand as far as sockets allow; false where none could begin. A
  /// shortage that the ends of our own connections will relieve is no error.
  Result<bool> start_some() {
    const std::size_t before = begun_;
    while (left() > 0 && pool_.has_room()) {
      const Probe& probe = probes_[begun_];
      // A batch may wait long for room.
      if (table_.is_left(probe.target)) {
        ++begun_;
        continue;
      }
      auto started = pool_.start(probe, plan_.targets[probe.target].address, now());
      if (!started && pool_.in_flight() == 0) return std::unexpected(started.error());
      if (!started) break;
      ++begun_;
      count_sent(table_, std::span(&probe, 1));
    }
    return begun_ > before;
  }

  void collect() {
    outcomes_.clear();
    pool_.collect(now(), outcomes_);
    for (const ConnectOutcome& outcome : outcomes_) {
      if (outcome.answer == Answer::none) continue;
      table_.record(outcome.probe.target, outcome.probe.port, outcome.answer);
    }
  }

  const Plan& plan_;
  const ResultTable& table_;
  ConnectionPool& pool_;
  Walk walk_;
  std::array<Probe, kBatch> probes_;
  std::size_t begun_ = 0;
  std::size_t count_ = 0;
  std::vector<ConnectOutcome> outcomes_;
};

Result<void> run_pass(const Plan& plan, const ResultTable& table, const Pass& pass,
                      std::vector<ConnectionPool>& pools) {
  const auto slices = static_cast<unsigned>(pools.size());
  std::vector<Result<void>> results(slices);
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < slices; ++i) {
    threads.emplace_back([&, i] {
      Walk walk(pass, table, i, slices, now());
      results[i] = Connector(plan, table, pools[i], std::move(walk)).run();
      if (!results[i]) table.run().stop = true;  // the other threads need not go on
    });
  }
  threads.clear();  // joins
  for (const auto& result : results) LOCKSTEP_CHECK(result);
  return {};
}

/// Keeps the targets that the routing table leads to, through the plan's interface if it has one,
/// and marks the others: the kernel's own refusal is not to pass for an answer.
Result<void> keep_routed(const Plan& plan, const ResultTable& table,
                         std::vector<std::uint32_t>& targets) {
  LOCKSTEP_TRY(net::KernelRoutes routes, net::KernelRoutes::open(plan.interface));
  std::erase_if(targets, [&](std::uint32_t target) {
    if (routes.route_to(plan.targets[target].address)) return false;
    table.target(target).status.store(TargetStatus::no_route, std::memory_order_relaxed);
    return true;
  });
  return {};
}

}  // namespace

Result<void> ConnectEngine::do_run(const Plan& plan, const ResultTable& table,
                                   std::vector<std::uint32_t> targets) {
  LOCKSTEP_CHECK(keep_routed(plan, table, targets));
  if (plan.protocol == Protocol::udp) return ask_by_sockets(plan, table, std::move(targets));
  const std::vector<double> rates = allocate_rates(plan, targets, plan.rate);
  const unsigned threads = sender_threads(plan, std::accumulate(rates.begin(), rates.end(), 0.0));
  std::vector<ConnectionPool> pools;
  for (unsigned i = 0; i < threads; ++i) {
    LOCKSTEP_TRY(ConnectionPool pool,
                 ConnectionPool::create(connections_per_thread(threads), kTimeout));
    pools.push_back(std::move(pool));
  }
  Passes passes(plan, table, std::move(targets));
  std::chrono::nanoseconds took(0);
  while (!table.run().stop) {
    const auto pass = passes.next(took);
    if (!pass) break;
    const TimePoint start = now();
    LOCKSTEP_CHECK(run_pass(plan, table, *pass, pools));
    took = now() - start;
  }
  return {};
}

}  // namespace lockstep::scan
