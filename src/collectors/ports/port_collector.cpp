#include "collectors/ports/port_collector.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <thread>

#include "base/text.h"
#include "collectors/ports/report.h"

namespace lockstep {
namespace {

constexpr std::chrono::milliseconds kStopPoll(2);
constexpr std::chrono::milliseconds kProgressInterval(200);
/// How often is kept what there is, and how much longer than a keeping took it is until the next:
/// at most a twentieth of the time goes there.
constexpr std::chrono::seconds kCheckpointInterval(1);
constexpr int kCheckpointShare = 20;
/// Services answer datagrams when they come to it.
constexpr std::chrono::seconds kUdpQuietTime(1);

using Targets = std::span<const CollectTarget>;

Result<void> fill_random(scan::Plan& plan) {
  std::uint64_t random[3];
  if (::getrandom(random, sizeof random, 0) != sizeof random) {
    return std::unexpected(system_error(errno, "random numbers"));
  }
  plan.seed = random[0];
  plan.key = {random[1], random[2]};
  return {};
}

/// Hands on to a run which of its addresses are to be left.
class Leaver {
 public:
  Leaver(Targets shard, const scan::ResultTable& table, const LeaveList* list)
      : shard_(shard), table_(table), list_(list) {
    if (list_ != nullptr) mark();
  }

  /// Costs nothing where the list has not changed.
  void look() {
    if (list_ != nullptr && list_->version() != seen_) mark();
  }

 private:
  void mark() {
    seen_ = list_->version();
    for (std::size_t i = 0; i < shard_.size(); ++i) {
      if (!table_.is_left(i) && list_->contains(shard_[i].node)) table_.leave(i);
    }
  }

  Targets shard_;
  const scan::ResultTable& table_;
  const LeaveList* list_;  // or null
  std::uint64_t seen_ = 0;
};

/// Watches a run from beside it: hands on the caller's stop and what is to be left, and reports
/// progress.
class Watcher {
 public:
  Watcher(Targets shard, const scan::Plan& plan, const scan::ResultTable& table,
          scan::KeptTable* kept, const CollectControl& control, std::uint64_t open_before,
          std::chrono::steady_clock::time_point start)
      : shard_(shard),
        plan_(plan),
        table_(table),
        kept_(kept),
        control_(control),
        leaver_(shard, table, control.leave),
        open_before_(open_before),
        start_(start),
        thread_([this](const std::stop_token& token) { watch(token); }) {}

 private:
  void watch(const std::stop_token& token) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    auto next_report = std::chrono::steady_clock::now() + kProgressInterval;
    auto next_checkpoint = std::chrono::steady_clock::now() + kCheckpointInterval;
    while (!token.stop_requested()) {
      wake.wait_for(lock, token, kStopPoll, [] { return false; });
      if (control_.stopped()) table_.run().stop = true;
      leaver_.look();
      const auto now = std::chrono::steady_clock::now();
      if (control_.progress && now >= next_report) {
        report(now);
        if (kept_ != nullptr) kept_->note_alive();
        next_report = now + kProgressInterval;
      }
      if (control_.checkpoint && now >= next_checkpoint) {
        control_.checkpoint(so_far());
        const auto end = std::chrono::steady_clock::now();
        next_checkpoint = end + std::max<std::chrono::nanoseconds>(kCheckpointInterval,
                                                                   (end - now) * kCheckpointShare);
      }
    }
  }

  CollectCheckpoint so_far() const {
    CollectCheckpoint checkpoint;
    for (std::size_t i = 0; i < shard_.size(); ++i) {
      report_so_far(shard_[i], plan_, table_, i, checkpoint);
    }
    return checkpoint;
  }

  void report(std::chrono::steady_clock::time_point now) {
    const scan::RunCounters& run = table_.run();
    CollectProgress progress{.done = run.pass_sent,
                             .planned = run.planned,
                             .pass = run.pass,
                             .open_ports = open_before_,
                             .elapsed = now - start_,
                             .per_second = 0};
    for (std::size_t i = 0; i < table_.size(); ++i) progress.open_ports += table_.target(i).open;
    const std::uint64_t probes = run.probes;
    const double seconds = std::chrono::duration<double>(now - last_report_).count();
    progress.per_second = static_cast<double>(probes - last_probes_) / seconds;
    last_report_ = now;
    last_probes_ = probes;
    control_.progress(progress);
  }

  Targets shard_;
  const scan::Plan& plan_;
  const scan::ResultTable& table_;
  scan::KeptTable* kept_;  // or null
  const CollectControl& control_;
  Leaver leaver_;  // those that are known at the beginning get no probe at all
  std::uint64_t open_before_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_report_ = std::chrono::steady_clock::now();
  std::uint64_t last_probes_ = 0;
  std::jthread thread_;  // last: it starts when all else is there
};

/// One collection: shard after shard.
class Collection {
 public:
  /// Tables that hold the place go to `kept`, where that is not null.
  Collection(const PortCollectorOptions& options, ObservationSink& sink,
             const CollectControl& control, std::deque<scan::KeptTable>* kept)
      : options_(options),
        all_ports_(control.ports ? *control.ports : options.ports),
        sink_(sink),
        control_(control),
        kept_(kept) {}

  Result<CollectSummary> run(Targets targets, scan::Engine& engine, scan::Engine* fallback) {
    if (all_ports_.empty()) return fail(ErrorKind::invalid, "a collection without ports to ask");
    for (const CollectTarget& target : targets) ++addresses_of_[target.node];
    for (const Protocol protocol : kProtocols) {
      if (all_ports_.of(protocol).empty()) continue;
      protocol_ = protocol;
      LOCKSTEP_CHECK(run_protocol(targets, engine, fallback));
    }
    for (const std::string& method : methods_) {
      summary_.method += (summary_.method.empty() ? "" : "+") + method;
    }
    if (methods_.empty()) summary_.method = engine.name();
    return summary_;
  }

 private:
  const PortSet& ports() const { return all_ports_.of(protocol_); }
  const PortSet& share_of(const CollectTarget& target) const {
    return target.ports == nullptr || control_.ports ? ports() : target.ports->of(protocol_);
  }

  Result<void> run_protocol(Targets targets, scan::Engine& engine, scan::Engine* fallback) {
    std::vector<CollectTarget> concerned;
    if (std::ranges::any_of(targets, [&](const auto& each) { return share_of(each).empty(); })) {
      std::ranges::copy_if(targets, std::back_inserter(concerned),
                           [&](const auto& each) { return !share_of(each).empty(); });
      targets = concerned;
    }
    for (std::size_t first = 0; first < targets.size(); first += scan::kMaxTargets) {
      const Targets shard =
          targets.subspan(first, std::min(scan::kMaxTargets, targets.size() - first));
      if (control_.stopped() || !summary_.problem.empty()) {
        skip(shard);
      } else {
        LOCKSTEP_CHECK(run_shard(shard, engine, fallback));
      }
    }
    return {};
  }

  void skip(Targets shard) {
    summary_.interrupted = true;
    for (const CollectTarget& target : shard) {
      const bool left = control_.leave != nullptr && control_.leave->contains(target.node);
      sink_.cover(unexamined(target, protocol_, share_of(target).size(),
                             left ? CoverageGap::left : CoverageGap::interrupted));
    }
  }

  Result<void> run_shard(Targets shard, scan::Engine& engine, scan::Engine* fallback) {
    LOCKSTEP_TRY(const scan::Plan plan, make_plan(shard));
    scan::KeptTable* const kept = keep(plan);
    std::optional<scan::ResultTable> own;
    if (kept == nullptr) {
      LOCKSTEP_TRY(own, scan::ResultTable::create(shard.size()));
    }
    const scan::ResultTable& table = kept != nullptr ? kept->table() : *own;
    const auto done = run_engine(shard, engine, plan, table, kept);
    if (!done && summary_.probes_sent == 0) return std::unexpected(done.error());
    if (!done) {
      summary_.interrupted = true;
      summary_.problem = done.error().message();
    }
    const bool partial = !done || table.run().stop;
    std::vector<CollectTarget> left;
    for (std::size_t i = 0; i < shard.size(); ++i) {
      const bool unsupported = table.target(i).status == scan::TargetStatus::unsupported;
      if (unsupported && fallback != nullptr) {
        left.push_back(shard[i]);
      } else {
        report_target(shard[i], plan, table, i, partial, sink_);
      }
    }
    if (left.empty()) return {};
    if (!control_.stopped() && done) return run_shard(left, *fallback, nullptr);
    skip(left);
    return {};
  }

  /// Where the place is held, or null.
  scan::KeptTable* keep(const scan::Plan& plan) {
    if (kept_ == nullptr) return nullptr;
    auto kept = scan::KeptTable::open(*options_.keep, plan);
    if (!kept) {
      summary_.not_resumable = kept.error().message();
      return nullptr;
    }
    summary_.resumed += kept->answers_before();
    return &kept_->emplace_back(std::move(*kept));
  }

  Result<scan::Plan> make_plan(Targets shard) const {
    scan::Plan plan;
    plan.protocol = protocol_;
    plan.ports = ports().to_vector();
    plan.fence = options_.fence;
    plan.rate = options_.rate;
    plan.tries = options_.tries;
    plan.max_tries = std::max(plan.max_tries, plan.tries);
    plan.interface = options_.interface;
    plan.threads = options_.threads;
    if (protocol_ == Protocol::udp) {
      plan.quiet_time = kUdpQuietTime;
      plan.sources = options_.udp_sources;
      plan.icmp_limit = options_.icmp_limit;
    }
    std::map<std::string, std::uint32_t> groups;
    for (const CollectTarget& target : shard) {
      scan::PlanTarget planned{.address = target.address};
      planned.rate = PacketsPerSecond(target.node_rate.value() / addresses_of_.at(target.node));
      if (!target.group.empty()) {
        planned.group =
            groups.emplace(target.group, static_cast<std::uint32_t>(groups.size())).first->second;
      }
      LOCKSTEP_CHECK(set_share(target, plan, planned));
      plan.targets.push_back(planned);
    }
    plan.group_rates.assign(groups.size(), options_.group_rate);
    LOCKSTEP_CHECK(fill_random(plan));
    return plan;
  }

  Result<void> set_share(const CollectTarget& target, const scan::Plan& plan,
                         scan::PlanTarget& planned) const {
    const PortSet& share = share_of(target);
    if (&share == &ports()) return {};
    const std::vector<Port> wanted = share.to_vector();
    const auto first = std::ranges::lower_bound(plan.ports, wanted.front());
    const auto left = static_cast<std::size_t>(plan.ports.end() - first);
    if (left < wanted.size() || !std::equal(wanted.begin(), wanted.end(), first)) {
      return fail(ErrorKind::invalid,
                  fmt::format("{} is to be asked ports that do not follow one another in those of "
                              "the collection",
                              lockstep::quoted(target.node)));
    }
    planned.first = static_cast<std::uint32_t>(first - plan.ports.begin());
    planned.count = static_cast<std::uint32_t>(wanted.size());
    return {};
  }

  Result<void> run_engine(Targets shard, scan::Engine& engine, const scan::Plan& plan,
                          const scan::ResultTable& table, scan::KeptTable* kept) {
    auto done = [&]() -> Result<void> {
      if (kept != nullptr && kept->complete()) return {};
      const Watcher watcher(shard, plan, table, kept, control_, open_ports_, start_);
      return engine.run(plan, table);
    }();
    if (kept != nullptr && done && !table.run().stop) kept->note_complete();
    const scan::RunCounters& run = table.run();
    if (run.probes > 0) methods_.insert(std::string(engine.name()));
    summary_.probes_sent += run.probes;
    summary_.interrupted = summary_.interrupted || run.stop;
    for (std::size_t i = 0; i < table.size(); ++i) open_ports_ += table.target(i).open;
    return done;
  }

  const PortCollectorOptions& options_;
  const PortSets& all_ports_;
  Protocol protocol_ = Protocol::tcp;
  ObservationSink& sink_;
  const CollectControl& control_;
  std::deque<scan::KeptTable>* kept_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::map<std::string, int> addresses_of_;
  std::set<std::string> methods_;
  std::uint64_t open_ports_ = 0;
  CollectSummary summary_;
};

}  // namespace

PortCollector::PortCollector(PortCollectorOptions options, std::unique_ptr<scan::Engine> engine,
                             std::unique_ptr<scan::Engine> fallback)
    : options_(std::move(options)), engine_(std::move(engine)), fallback_(std::move(fallback)) {}

Result<CollectSummary> PortCollector::do_collect(const std::vector<CollectTarget>& targets,
                                                 ObservationSink& sink,
                                                 const CollectControl& control) {
  if (!control.resumes || !options_.keep) {
    return Collection(options_, sink, control, nullptr).run(targets, *engine_, fallback_.get());
  }
  kept_.clear();
  scan::remove_old_tables(*options_.keep);
  return Collection(options_, sink, control, &kept_).run(targets, *engine_, fallback_.get());
}

void PortCollector::give_up_place() {
  // What cannot be removed is forgotten when it is too old.
  std::error_code ignored;
  for (const scan::KeptTable& kept : kept_) std::filesystem::remove(kept.path(), ignored);
  kept_.clear();
}

}  // namespace lockstep
