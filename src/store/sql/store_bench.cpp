// What keeping a sweep costs, by the number of nodes, at 30 open ports each, and what services
// said, at 4 each. SQLite in a temporary folder; PostgreSQL and MariaDB as well where
// LOCKSTEP_BENCH_POSTGRESQL and LOCKSTEP_BENCH_MARIADB have the URL of a database, whose tables are
// emptied.
//
//   store_sql_bench --benchmark_filter=Finish

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "store/sql/mariadb_url.h"
#include "store/sql/sql_store.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

constexpr Port kPortsOfANode = 30;

struct Sweep {
  std::vector<std::string> nodes;
  std::vector<PortObservation> observations;
  std::vector<Coverage> coverage;
};

Sweep sweep_of(int nodes) {
  Sweep sweep;
  for (int i = 0; i < nodes; ++i) {
    const std::string& node = sweep.nodes.emplace_back(fmt::format("node{:06}", i));
    const auto number = static_cast<std::uint32_t>(i);
    sweep.coverage.push_back(samples::covered(node, number));
    for (Port port = 1; port <= kPortsOfANode; ++port) {
      sweep.observations.push_back(samples::seen(node, number, static_cast<Port>(port * 1000)));
    }
  }
  return sweep;
}

Inventory inventory_of(int nodes) {
  Inventory inventory;
  for (int i = 0; i < nodes; ++i) {
    const std::string name = fmt::format("node{:06}", i);
    const auto number = static_cast<std::uint32_t>(i);
    inventory.nodes[name] = {name, {"compute"}, "rack", {{samples::address(number)}}};
  }
  return inventory;
}

[[noreturn]] void give_up(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  std::exit(1);
}

template <typename T>
T value_of(Result<T> result) {
  if (!result) give_up(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// A command that empties the tables.
std::string emptying(const std::string& server) {
  constexpr const char* kTables[] = {"port_states",  "looks",          "services", "service_keys",
                                     "known_keys",   "alerts",         "sweeps",   "port_sets",
                                     "node_classes", "node_addresses", "nodes"};
  if (!is_mariadb_url(server)) {
    return fmt::format("psql -q -X '{}' -c 'TRUNCATE {}'", server, fmt::join(kTables, ", "));
  }
  const MariadbTarget target = value_of(parse_mariadb_url(server));
  return fmt::format(
      "mariadb --no-defaults -u '{}' -S '{}' '{}' -e 'SET foreign_key_checks = 0; "
      "TRUNCATE {}'",
      target.user, target.socket, target.database, fmt::join(kTables, "; TRUNCATE "));
}

/// A store without anything in it.
class FreshStore {
 public:
  explicit FreshStore(const std::string& server) : server_(server) {
    std::string pattern = "/tmp/lockstep-bench-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::exit(1);
    folder_ = pattern;
    store_ = value_of(open_store(server.empty() ? "sqlite://" + pattern + "/store.db" : server));
    if (server.empty()) return;
    if (std::system(emptying(server).c_str()) != 0) std::exit(1);
  }
  ~FreshStore() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  FreshStore(const FreshStore&) = delete;
  FreshStore& operator=(const FreshStore&) = delete;

  Store& operator*() { return *store_; }
  Store* operator->() { return store_.get(); }

 private:
  std::string server_;
  std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
};

std::int64_t begin(Store& store, const Sweep& sweep, std::int64_t second) {
  return value_of(
      store.begin_sweep(samples::claim(sweep.nodes, second, PortSet::all()), samples::dead));
}

void finish(Store& store, const Sweep& sweep, std::int64_t id, std::int64_t second) {
  value_of(store.finish_sweep(id, samples::end(second), {sweep.observations, sweep.coverage},
                              samples::no_change));
}

void FinishFirst(benchmark::State& state, const std::string& server) {
  const Sweep sweep = sweep_of(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    auto store = std::make_unique<FreshStore>(server);
    const std::int64_t id = begin(**store, sweep, 1);
    state.ResumeTiming();
    finish(**store, sweep, id, 2);
    state.PauseTiming();
    store.reset();
    state.ResumeTiming();
  }
}

void FinishUnchanged(benchmark::State& state, const std::string& server) {
  const Sweep sweep = sweep_of(static_cast<int>(state.range(0)));
  FreshStore store(server);
  std::int64_t second = 1;
  finish(*store, sweep, begin(*store, sweep, second), second);
  for (auto _ : state) {
    state.PauseTiming();
    const std::int64_t id = begin(*store, sweep, ++second);
    state.ResumeTiming();
    finish(*store, sweep, id, second);
  }
}

/// 50 nodes swept where there are many.
void FinishFew(benchmark::State& state, const std::string& server) {
  const Sweep all = sweep_of(static_cast<int>(state.range(0)));
  const Sweep few = sweep_of(50);
  FreshStore store(server);
  std::int64_t second = 1;
  finish(*store, all, begin(*store, all, second), second);
  for (auto _ : state) {
    state.PauseTiming();
    const std::int64_t id = begin(*store, few, ++second);
    state.ResumeTiming();
    finish(*store, few, id, second);
  }
}

void Begin(benchmark::State& state, const std::string& server) {
  const Sweep sweep = sweep_of(static_cast<int>(state.range(0)));
  FreshStore store(server);
  std::int64_t second = 1;
  for (auto _ : state) begin(*store, sweep, ++second);
}

void ReadPortStates(benchmark::State& state, const std::string& server) {
  const Sweep sweep = sweep_of(static_cast<int>(state.range(0)));
  FreshStore store(server);
  finish(*store, sweep, begin(*store, sweep, 1), 2);
  for (auto _ : state) benchmark::DoNotOptimize(value_of(store->port_states()));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(state.range(0)) *
                          kPortsOfANode);
}

void InventoryFirst(benchmark::State& state, const std::string& server) {
  const Inventory inventory = inventory_of(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    auto store = std::make_unique<FreshStore>(server);
    state.ResumeTiming();
    value_of((*store)->replace_inventory(inventory));
    state.PauseTiming();
    store.reset();
    state.ResumeTiming();
  }
}

void InventoryUnchanged(benchmark::State& state, const std::string& server) {
  const Inventory inventory = inventory_of(static_cast<int>(state.range(0)));
  FreshStore store(server);
  value_of(store->replace_inventory(inventory));
  for (auto _ : state) value_of(store->replace_inventory(inventory));
}

constexpr Port kServicesOfANode = 4;

struct Answers {
  std::vector<std::string> nodes;
  std::vector<ServiceObservation> services;
  std::vector<KnownKey> keys;
};

/// Each with a key of its own, as it is with SSH and with TLS.
Answers answers_of(int nodes) {
  Answers answers;
  for (int i = 0; i < nodes; ++i) {
    const std::string& node = answers.nodes.emplace_back(fmt::format("node{:06}", i));
    for (Port port = 1; port <= kServicesOfANode; ++port) {
      const std::string sha256 = fmt::format("SHA256:{:043}", i * kServicesOfANode + port);
      ServiceObservation& seen = answers.services.emplace_back(
          samples::asked(node, static_cast<std::uint32_t>(i), static_cast<Port>(port * 1000)));
      seen.service.name = "ssh";
      seen.service.match = ServiceMatch::hard;
      seen.service.product = "OpenSSH";
      seen.service.version = "9.2p1 Debian 2+deb12u3";
      seen.service.info = "protocol 2.0";
      seen.service.hostkeys = {{"ssh-ed25519", sha256}};
      answers.keys.push_back(samples::known(node, sha256, 1));
      answers.keys.back().port = seen.port;
    }
  }
  return answers;
}

void finish(Store& store, const Answers& answers, std::int64_t second) {
  const auto claim = samples::claim(answers.nodes, second, PortSet::all());
  const std::int64_t id = value_of(store.begin_sweep(claim, samples::dead));
  value_of(store.finish_sweep(id, samples::end(second),
                              {.services = answers.services, .keys = answers.keys},
                              samples::no_change));
}

void ServicesFirst(benchmark::State& state, const std::string& server) {
  const Answers answers = answers_of(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    auto store = std::make_unique<FreshStore>(server);
    state.ResumeTiming();
    finish(**store, answers, 1);
    state.PauseTiming();
    store.reset();
    state.ResumeTiming();
  }
}

void ServicesUnchanged(benchmark::State& state, const std::string& server) {
  const Answers answers = answers_of(static_cast<int>(state.range(0)));
  FreshStore store(server);
  std::int64_t second = 1;
  finish(*store, answers, second);
  for (auto _ : state) finish(*store, answers, ++second);
}

void ReadServices(benchmark::State& state, const std::string& server) {
  const Answers answers = answers_of(static_cast<int>(state.range(0)));
  FreshStore store(server);
  finish(*store, answers, 1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(value_of(store->services()));
    benchmark::DoNotOptimize(value_of(store->known_keys()));
  }
}

void register_all(const std::string& name, const std::string& server) {
  const std::pair<const char*, void (*)(benchmark::State&, const std::string&)> kBenches[] = {
      {"FinishFirst", FinishFirst},
      {"FinishUnchanged", FinishUnchanged},
      {"FinishFew", FinishFew},
      {"Begin", Begin},
      {"ReadPortStates", ReadPortStates},
      {"InventoryFirst", InventoryFirst},
      {"InventoryUnchanged", InventoryUnchanged}};
  for (const auto& [title, bench] : kBenches) {
    benchmark::RegisterBenchmark(fmt::format("{}/{}", title, name).c_str(), bench, server)
        ->Arg(1000)
        ->Arg(10'000)
        ->Arg(100'000)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  }
  const std::pair<const char*, void (*)(benchmark::State&, const std::string&)> kOfServices[] = {
      {"ServicesFirst", ServicesFirst},
      {"ServicesUnchanged", ServicesUnchanged},
      {"ReadServices", ReadServices}};
  for (const auto& [title, bench] : kOfServices) {
    benchmark::RegisterBenchmark(fmt::format("{}/{}", title, name).c_str(), bench, server)
        ->Arg(512)
        ->Arg(10'000)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  }
}

const bool registered = [] {
  register_all("sqlite", "");
  const char* const server = std::getenv("LOCKSTEP_BENCH_POSTGRESQL");
  if (server != nullptr) register_all("postgresql", server);
  const char* const mariadb = std::getenv("LOCKSTEP_BENCH_MARIADB");
  if (mariadb != nullptr) register_all("mariadb", mariadb);
  return true;
}();

}  // namespace
}  // namespace lockstep
