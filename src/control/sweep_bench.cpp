// What a sweep costs beyond its packets: what the simulated network showed once is played back, so
// that only the judging and the keeping are timed. In SQLite; in another store where
// LOCKSTEP_BENCH_STORE has its URL, in which "{}" is the number of a database that is there and
// empty, from 1: each first sweep takes one, and all unchanged ones together take one.
//
// Beside the times of all nodes it says what one takes, and the memory that a sweep takes beyond
// what was there before it: all that is to grow in proportion has a row where both stay the same.
//
//   build/release/src/control/control_bench --benchmark_filter=/10000/

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "collectors/ports/port_collector.h"
#include "control/profile_use_cases.h"
#include "control/use_cases.h"
#include "net/io/memory.h"
#include "scan/packet_engine.h"
#include "store/sql/sql_store.h"

namespace lockstep::control {
namespace {

constexpr Port kOpen = 30;
constexpr Port kAsked = 40;

/// Ends the program: a benchmark without its setting means nothing.
template <typename T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "{}\n", result.error().message());
  std::abort();
}

/// A line of /proc/self/status, in KiB.
std::int64_t memory_kib(std::string_view line) {
  std::ifstream file("/proc/self/status");
  for (std::string name; file >> name; file.ignore(1000, '\n')) {
    std::int64_t kib = 0;
    if (name == line && file >> kib) return kib;
  }
  std::abort();
}

/// The most that is taken from now on, beyond what is taken now.
class Memory {
 public:
  Memory() {
    std::ofstream("/proc/self/clear_refs") << "5";  // forgets the greatest so far, by proc(5)
    before_ = memory_kib("VmRSS:");
  }
  std::int64_t grown_kib() const { return memory_kib("VmHWM:") - before_; }

 private:
  std::int64_t before_ = 0;
};

class Playback final : public Collector {
 public:
  explicit Playback(SweepRecord record) : record_(std::move(record)) {}
  std::string_view name() const override { return "playback"; }

 private:
  Result<CollectSummary> do_collect(const std::vector<CollectTarget>&, ObservationSink& sink,
                                    const CollectControl&) override {
    for (const PortObservation& seen : record_.observations) sink.observe(seen);
    for (const Coverage& coverage : record_.coverage) sink.cover(coverage);
    return record_.summary;
  }

  SweepRecord record_;
};

/// Nodes of ten classes, each with ports 1 to 30 open.
Inventory cluster(std::size_t nodes) {
  Inventory inventory;
  const IpAddress first = *IpAddress::parse("198.18.0.1");
  for (std::size_t i = 0; i < nodes; ++i) {
    const std::string name = fmt::format("node{:06}", i);
    const std::string node_class = fmt::format("class{}", i % 10);
    inventory.nodes[name] = {name, {node_class}, "", {{first.plus(i)}}};
    inventory.classes[node_class] = {node_class, std::nullopt};
  }
  return inventory;
}

SweepRecord play(const SweepSetting& setting, const std::vector<std::string>& names) {
  return must(scan(setting, names));
}

class World {
 public:
  explicit World(std::size_t nodes) : inventory_(cluster(nodes)) {
    std::string pattern = std::filesystem::temp_directory_path() / "lockstep-bench-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
    for (Port port = 1; port <= kAsked; ++port) ports_.of(Protocol::tcp).insert(port);
    for (const auto& [name, node] : inventory_.nodes) {
      names_.push_back(name);
      net::MemoryHost host;
      host.open.insert_range(1, kOpen);
      network_.add(node.addresses[0].address, host);
    }
    PortCollectorOptions options;
    options.ports = ports_;
    options.fence = scan::Fence({*Prefix::parse("198.18.0.0/15")}, {});
    options.rate = options.group_rate = PacketsPerSecond::unlimited();
    options.threads = 1;
    PortCollector collector(options, std::make_unique<scan::PacketEngine>(network_));
    playback_ = std::make_unique<Playback>(play(setting(collector), names_));
  }
  ~World() { std::filesystem::remove_all(folder_); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// A store with the profiles of all classes, and nothing else.
  std::unique_ptr<Store> fresh_store() {
    auto store = must(open_store(next_url()));
    for (const auto& [name, node_class] : inventory_.classes) {
      Profile profile{name, {}, {}};
      for (Port port = 1; port <= kOpen; ++port) {
        profile.ports.push_back({port, Protocol::tcp, "", ""});
      }
      const Approval approval{name, lines_of(profile), now_, "bench"};
      if (!store->approve(profile, approval)) std::abort();
    }
    return store;
  }

  SweepReport sweep_once(Store& store) {
    now_ += std::chrono::hours(1);
    const SweepPolicy policy{.severities = {}, .alerts = {}, .owner = "bench", .host = "bench"};
    const SweepWorld world{.now = [this] { return now_; },
                           .wait_for_reask = [] {},
                           .is_alive = [](const SweepInfo&) { return false; }};
    const SweepSetting whole = setting(*playback_);
    return must(sweep(whole, store, names_, policy, world));
  }

 private:
  std::string next_url() const {
    static int stores = 0;
    const char* const url = std::getenv("LOCKSTEP_BENCH_STORE");
    if (url != nullptr) return fmt::format(fmt::runtime(url), ++stores);
    return fmt::format("sqlite://{}/store{}.db", folder_.string(), ++stores);
  }

  SweepSetting setting(Collector& collector) {
    return {inventory_, unresolved_, policy_, collector, ports_, control_};
  }

  Inventory inventory_;
  std::map<std::string, std::string> unresolved_;
  TargetPolicy policy_;
  PortSets ports_;
  CollectControl control_;
  std::vector<std::string> names_;
  net::MemoryNetwork network_;
  std::unique_ptr<Playback> playback_;
  std::filesystem::path folder_;
  WallTime now_ = std::chrono::sys_days{std::chrono::year{2026} / 11 / 25};
};

/// What one node takes.
void tell_of_a_node(benchmark::State& state, const Memory& memory) {
  const auto nodes = static_cast<double>(state.range(0));
  state.SetItemsProcessed(state.iterations() * state.range(0) * kOpen);
  using Counter = benchmark::Counter;
  state.counters["a_node"] =
      Counter(nodes, Counter::Flags(Counter::kIsIterationInvariantRate | Counter::kInvert));
  state.counters["kib_a_node"] = static_cast<double>(memory.grown_kib()) / nodes;
}

void FirstSweep(benchmark::State& state) {
  World world(static_cast<std::size_t>(state.range(0)));
  const Memory memory;
  for (auto _ : state) {
    state.PauseTiming();
    const auto store = world.fresh_store();
    state.ResumeTiming();
    if (!world.sweep_once(*store).rows.empty()) std::abort();
  }
  tell_of_a_node(state, memory);
}

void UnchangedSweep(benchmark::State& state) {
  World world(static_cast<std::size_t>(state.range(0)));
  const auto store = world.fresh_store();
  world.sweep_once(*store);
  const Memory memory;
  for (auto _ : state) {
    if (!world.sweep_once(*store).rows.empty()) std::abort();
  }
  tell_of_a_node(state, memory);
}

BENCHMARK(FirstSweep)
    ->Arg(1000)
    ->Arg(10000)
    ->Arg(100000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(3);
BENCHMARK(UnchangedSweep)
    ->Arg(1000)
    ->Arg(10000)
    ->Arg(100000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(3);

}  // namespace
}  // namespace lockstep::control
