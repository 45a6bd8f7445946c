#include "scan/xdp_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>
#include <thread>
#include <utility>

#include "base/text.h"
#include "net/io/xdp/generators.h"
#include "net/io/xdp/xdp_programs.h"
#include "scan/link_targets.h"
#include "scan/passes.h"
#include "scan/xdp_layout.h"

namespace lockstep::scan {
namespace {

using Clock = std::chrono::steady_clock;

/// What one generator does with a rate to keep.
constexpr double kRateOfGenerator = 1.5e6;
/// How often counters, the stop flag and the end of a pass are looked at.
constexpr std::chrono::milliseconds kPoll(2);
/// What has come is told at most so often, and at most for a twentieth of the time.
constexpr std::chrono::milliseconds kBetweenReports(1000);
constexpr int kReportShare = 20;
constexpr int kMostQuietTimes = 8;
/// When nothing has come for so long, it is looked who has not answered.
constexpr std::chrono::milliseconds kStill(10);
/// Neighbours that the canary tries, and how long each may take.
constexpr std::size_t kCanaries = 4;
constexpr std::chrono::milliseconds kCanaryPatience(250);

template <typename T>
T read(T& value) {
  return std::atomic_ref(value).load(std::memory_order_relaxed);
}

std::size_t generator_count(const Plan& plan, double rate) {
  if (plan.threads > 0) return plan.threads;
  const auto cpus = static_cast<double>(std::max<std::size_t>(1, net::generator_cpus().size()));
  return static_cast<std::size_t>(std::clamp(std::ceil(rate / kRateOfGenerator), 1.0, cpus));
}

/// Waits for the reply to a neighbour request for `wanted`.
bool hears(net::FrameIo& io, const IpAddress& wanted) {
  const auto end = io.now() + kCanaryPatience;
  while (io.now() < end) {
    io.wait_until(end);
    for (const net::Bytes frame : io.receive()) {
      const net::Received received = net::parse_frame(frame);
      const auto* const reply = std::get_if<net::NeighbourReply>(&received);
      if (reply != nullptr && reply->address == wanted) return true;
    }
  }
  return false;
}

/// All passes over the targets of one link.
class XdpRun {
 public:
  XdpRun(net::Links& links, const Plan& plan, const ResultTable& table, net::Interface interface)
      : links_(links), plan_(plan), table_(table), interface_(std::move(interface)) {}
  ~XdpRun() { sleep(); }
  XdpRun(const XdpRun&) = delete;
  XdpRun& operator=(const XdpRun&) = delete;

  /// `programs` are on the interface.
  Result<void> open(net::XdpPrograms& programs, Port source_port, std::size_t walkers) {
    programs_ = &programs;
    walkers_ = walkers;
    LOCKSTEP_TRY(ends_,
                 links_.open(interface_, {.protocol = Protocol::tcp, .ports = {source_port}}, 1));
    return {};
  }

  /// Finds out who is there and whether probes get out.
  Result<void> prepare(Port source_port, const LinkTargets& targets) {
    const auto ends = std::exchange(ends_, {});
    LOCKSTEP_TRY(auto reachable, find_neighbours(ends, targets, plan_, table_));
    if (reachable.empty()) return {};
    // Their numbers are shuffled, not their order in time: see write_pass.
    std::shuffle(reachable.begin(), reachable.end(), std::mt19937_64(plan_.seed));
    LOCKSTEP_CHECK(send_canary(*ends.front(), reachable));
    frame_bytes_ = xdp_frame_bytes(reachable);
    number_of_.resize(plan_.targets.size());
    for (const ReachableTarget& target : reachable) {
      number_of_[target.index] = static_cast<std::uint32_t>(indices_.size());
      indices_.push_back(target.index);
    }
    LOCKSTEP_CHECK(write_targets(memory(), reachable, plan_.key, source_port));
    const auto known = [&](std::uint32_t index) { return table_.target(index).answered > 0; };
    if (std::ranges::any_of(indices_, known)) load_answers(memory(), indices_, table_);
    return {};
  }

  Result<void> run() {
    if (indices_.empty()) return {};
    Passes passes(plan_, table_, indices_);
    std::chrono::nanoseconds took(0);
    while (!table_.run().stop) {
      const auto pass = passes.next(took);
      if (!pass) break;
      const TimePoint start = Clock::now();
      LOCKSTEP_CHECK(run_pass(passes, *pass));
      took = Clock::now() - start;
    }
    table_.run().stray.fetch_add(counted().strays, std::memory_order_relaxed);
    sleep();
    return check_link(links_, interface_);
  }

 private:
  struct Counted {
    std::uint64_t answers = 0;
    std::uint64_t strays = 0;
  };

  /// The last probe of a pass.
  struct Sent {
    std::chrono::nanoseconds took{0};  ///< since the first
    TimePoint by{};
    std::uint64_t answers = 0;  ///< until then
  };

  XdpMemory memory() const {
    return {programs_->shared(), programs_->answers(), programs_->words_per_port(),
            programs_->cursors(), programs_->targets()};
  }

  Counted counted() const {
    Counted sum;
    for (lockstep_xdp_counters& cpu : programs_->shared().counters) {
      sum.answers += read(cpu.answers);
      sum.strays += read(cpu.strays);
    }
    return sum;
  }

  /// From here on every frame passes.
  void sleep() {
    if (programs_ != nullptr) {
      std::atomic_ref(programs_->shared().source_port).store(0, std::memory_order_release);
    }
  }

  Result<void> send_canary(net::FrameIo& io, const std::vector<ReachableTarget>& reachable) {
    const std::size_t step = std::max<std::size_t>(1, reachable.size() / kCanaries);
    for (std::size_t i = 0; i < reachable.size() && !table_.run().stop; i += step) {
      const ReachableTarget& target = reachable[i];
      while (!io.receive().empty()) continue;  // replies to requests that went another way
      const net::Frame request =
          net::make_neighbour_request(interface_.mac, target.addresses.source, target.next_hop);
      LOCKSTEP_CHECK(programs_->send(request.bytes()));
      if (hears(io, target.next_hop)) return {};
    }
    if (table_.run().stop) return {};
    return fail(ErrorKind::unsupported,
                fmt::format("interface {}: a neighbour that answers packet sockets does not answer "
                            "what XDP sends, so its driver, or the far end, drops redirected "
                            "frames; use engine packet",
                            quoted(interface_.name)));
  }

  Result<void> run_pass(const Passes& passes, const Pass& pass) {
    lockstep_xdp_shared& shared = programs_->shared();
    const std::atomic_ref stop(shared.stop);
    stop.store(0, std::memory_order_relaxed);
    answered_before_ = counted().answers;
    sent_ = 0;
    const TimePoint begun = Clock::now();
    write_pass(memory(), pass, number_of_, walkers_, begun);
    hand_on_leaves(pass);
    LOCKSTEP_TRY(const auto generators, net::Generators::start(*programs_, walkers_, frame_bytes_));
    while (!generators->done()) {
      std::this_thread::sleep_for(kPoll);
      if (table_.run().stop) stop.store(1, std::memory_order_relaxed);
      hand_on_leaves(pass);
      report_now_and_then(pass);
    }
    const Sent sent{.took = Clock::now() - begun, .by = Clock::now(), .answers = counted().answers};
    const auto ended = generators->end();  // takes some 10 ms, in which answers come as well
    if (ended) wait_for_answers(passes, pass, sent);
    report(pass);
    return ended;
  }

  void wait_for_answers(const Passes& passes, const Pass& pass, const Sent& sent) {
    bool looked = pass.number > 1;  // only the first ends early
    const TimePoint latest = sent.by + plan_.quiet_time * kMostQuietTimes;
    std::uint64_t answers = counted().answers;
    TimePoint last = answers == sent.answers ? sent.by : Clock::now();
    while (!table_.run().stop && answers - answered_before_ < pass.probes) {
      const TimePoint now = Clock::now();
      if (now >= std::min(last + plan_.quiet_time, latest)) return;
      if (!looked && now >= last + kStill) {
        report(pass);
        if (passes.settled(sent.took)) return;
        looked = true;
      }
      std::this_thread::sleep_for(kPoll);
      const std::uint64_t before = std::exchange(answers, counted().answers);
      if (answers != before) last = Clock::now();
    }
  }

  void report_now_and_then(const Pass& pass) {
    count_sent();
    const TimePoint start = Clock::now();
    if (start < next_report_) return;
    report(pass);
    const auto took = Clock::now() - start;
    next_report_ = start + std::max<std::chrono::nanoseconds>(kBetweenReports, took * kReportShare);
  }

  /// The generator skips them from its next turn on.
  void hand_on_leaves(const Pass& pass) {
    const std::uint32_t leaves = table_.run().leaves.load(std::memory_order_acquire);
    if (leaves == std::exchange(leaves_, leaves)) return;
    // What it skips counts as asked from then on.
    if (pass.number == 1) note_asked();
    for (std::size_t i = 0; i < indices_.size(); ++i) {
      if (!table_.is_left(indices_[i])) continue;
      std::atomic_ref(programs_->shared().left[i]).store(1, std::memory_order_relaxed);
    }
  }

  void report(const Pass& pass) {
    count_sent();
    merge_answers(memory(), indices_, table_);
    if (pass.number == 1) note_asked();
  }

  void note_asked() {
    const auto asked = count_asked(memory(), indices_.size(), walkers_);
    for (std::size_t i = 0; i < indices_.size(); ++i) {
      if (std::atomic_ref(programs_->shared().left[i]).load(std::memory_order_relaxed)) continue;
      table_.target(indices_[i]).asked.store(asked[i], std::memory_order_relaxed);
    }
  }

  void count_sent() {
    std::uint64_t sent = 0;
    for (std::size_t i = 0; i < walkers_; ++i) sent += read(programs_->shared().walkers[i].sent);
    const std::uint64_t more = sent - std::exchange(sent_, sent);
    table_.run().probes.fetch_add(more, std::memory_order_relaxed);
    table_.run().pass_sent.fetch_add(more, std::memory_order_relaxed);
  }

  net::Links& links_;
  const Plan& plan_;
  const ResultTable& table_;
  net::Interface interface_;
  net::XdpPrograms* programs_ = nullptr;
  std::size_t walkers_ = 1;
  std::vector<std::unique_ptr<net::FrameIo>> ends_;  // until it is known who is there
  std::size_t frame_bytes_ = 0;
  std::vector<std::uint32_t> indices_;    // the plan's numbers of the programs' targets
  std::vector<std::uint32_t> number_of_;  // and the way back
  std::uint64_t answered_before_ = 0;     // the pass
  std::uint32_t leaves_ = 0;              // as of the table, when they were handed on
  std::uint64_t sent_ = 0;                // in the pass, as told to the table
  TimePoint next_report_ = Clock::now() + kBetweenReports;
};

Result<void> check_plan(const XdpOptions& options, const Plan& plan,
                        const std::vector<LinkTargets>& links) {
  if (plan.protocol != Protocol::tcp) {
    return fail(ErrorKind::unsupported, "engine xdp asks by TCP alone; engine packet asks by UDP");
  }
  if (plan.has_shares()) {
    return fail(ErrorKind::unsupported, "engine xdp asks all targets the same ports");
  }
  double rate = 0;
  for (const LinkTargets& link : links) {
    rate += link.rate(plan);
    if (!options.interfaces.empty() &&
        std::ranges::find(options.interfaces, link.interface.name) == options.interfaces.end()) {
      return fail(
          ErrorKind::unsupported,
          fmt::format("interface {} is not in [scan] xdp_interfaces", quoted(link.interface.name)));
    }
  }
  if (rate >= options.lowest_rate.value() || links.empty()) return {};
  return fail(ErrorKind::unsupported,
              fmt::format("{:.0f} packets a second are too few to be worth a core", rate));
}

}  // namespace

XdpEngine::XdpEngine(net::Links& links, XdpOptions options)
    : links_(links), options_(std::move(options)) {}

XdpEngine::~XdpEngine() = default;

Result<void> XdpEngine::do_run(const Plan& plan, const ResultTable& table,
                               std::vector<std::uint32_t> targets) {
  LOCKSTEP_TRY(const auto by_link, route_targets(links_, plan, table, targets));
  LOCKSTEP_CHECK(check_plan(options_, plan, by_link));
  LOCKSTEP_TRY(const net::ReservedPort source_port, links_.reserve_port(Protocol::tcp));
  std::vector<std::unique_ptr<XdpRun>> runs;
  for (const LinkTargets& link : by_link) {
    const std::size_t walkers = generator_count(plan, link.rate(plan));
    auto& programs = programs_[link.interface.index];
    if (!programs || programs->targets() < link.targets.size() || programs->walkers() < walkers) {
      programs.reset();  // a link holds one program
      LOCKSTEP_TRY(auto loaded, net::XdpPrograms::load(link.targets.size(), walkers));
      LOCKSTEP_CHECK(loaded->attach(link.interface));
      programs = std::move(loaded);
    }
    runs.push_back(std::make_unique<XdpRun>(links_, plan, table, link.interface));
    LOCKSTEP_CHECK(runs.back()->open(*programs, source_port.port, walkers));
  }
  if (options_.when_open) LOCKSTEP_CHECK(options_.when_open());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto prepared = runs[i]->prepare(source_port.port, by_link[i]);
    if (prepared) continue;
    // Another engine may take over, and it is not to pay for programs that only let pass.
    runs.clear();
    programs_.clear();
    return prepared;
  }
  for (const auto& run : runs) LOCKSTEP_CHECK(run->run());
  return {};
}

}  // namespace lockstep::scan
