// A simulated cluster for tests of use cases: hosts on a simulated wire, a real store in a file,
// and a clock that stands still unless it is moved.

#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "collectors/ports/port_collector.h"
#include "control/alert_use_cases.h"
#include "control/profile_use_cases.h"
#include "control/use_cases.h"
#include "model/nodeset.h"
#include "net/io/memory.h"
#include "scan/packet_engine.h"
#include "store/sql/sql_store.h"

namespace lockstep::control {

using Lines = std::vector<std::string>;

inline PortSet ports(std::initializer_list<Port> list) {
  PortSet set;
  for (const Port port : list) set.insert(port);
  return set;
}

/// The port collector over hosts as they are when each collection begins.
class SimulatedCollector final : public Collector {
 public:
  using Hosts = std::function<std::map<IpAddress, net::MemoryHost>()>;

  SimulatedCollector(PortCollectorOptions options, Hosts hosts)
      : options_(std::move(options)), hosts_(std::move(hosts)) {}

  std::string_view name() const override { return "ports"; }

  /// Called before each collection with its number in this object, from 1.
  std::function<void(int)> before = [](int) {};
  std::unique_ptr<net::MemoryNetwork> network;  ///< of the latest collection

 private:
  Result<CollectSummary> do_collect(const std::vector<CollectTarget>& targets,
                                    ObservationSink& sink, const CollectControl& control) override {
    before(++calls_);
    network = std::make_unique<net::MemoryNetwork>(static_cast<std::uint64_t>(calls_));
    for (const auto& [address, host] : hosts_()) network->add(address, host);
    PortCollector collector(options_, std::make_unique<scan::PacketEngine>(*network));
    return collector.collect(targets, sink, control);
  }

  PortCollectorOptions options_;
  Hosts hosts_;
  int calls_ = 0;
};

/// Four compute nodes that show 22 and 111, and a login node that shows 22 and 80.
class Cluster : public testing::Test {
 protected:
  static constexpr Port kLastPort = 200;

  void SetUp() override {
    std::string pattern = testing::TempDir() + "/lockstep-use-cases-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    open_fresh_store();
    for (int i = 1; i <= 4; ++i) add(fmt::format("node{}", i), "compute", {22, 111});
    add("login1", "login", {22, 80});
    ports_.of(Protocol::tcp).insert_range(1, kLastPort);
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void open_fresh_store() {
    store_.reset();
    const auto file = folder_ / fmt::format("store{}.db", ++stores_);
    auto store = open_store("sqlite://" + file.string());
    ASSERT_TRUE(store) << store.error().message();
    store_ = std::move(*store);
  }

  void add(const std::string& name, const std::string& node_class,
           std::initializer_list<Port> open) {
    const IpAddress address = IpAddress::parse("198.18.0.1")->plus(inventory_.nodes.size());
    inventory_.nodes[name] = {name, {node_class}, {}, {{address}}};
    inventory_.classes[node_class] = {node_class, std::nullopt};
    hosts_[name].open = ports(open);
  }

  SweepSetting setting() {
    PortCollectorOptions options;
    options.ports = ports_;
    options.fence = scan::Fence({*Prefix::parse("198.18.0.0/15")}, {});
    options.rate = options.group_rate = PacketsPerSecond::unlimited();
    options.threads = 1;
    collector_ = std::make_unique<SimulatedCollector>(options, [this] {
      std::map<IpAddress, net::MemoryHost> hosts;
      for (const auto& [name, node] : inventory_.nodes) {
        for (const NodeAddress& each : node.addresses) hosts[each.address] = hosts_[name];
      }
      return hosts;
    });
    collector_->before = before_collect_;
    return {inventory_, unresolved_, policy_, *collector_, ports_, control_};
  }

  SweepWorld world() {
    return {.now = [this] { return now_; },
            .wait_for_reask = [this] { ++waits_; },
            .is_alive = [](const SweepInfo&) { return false; }};
  }

  Act act() const { return {.person = "kim", .now = now_}; }

  Lines names() const {
    Lines names;
    for (const auto& [name, node] : inventory_.nodes) names.push_back(name);
    return names;
  }

  void learn_all() {
    ASSERT_TRUE(learn(setting(), *store_, "compute", "node1", act()));
    ASSERT_TRUE(learn(setting(), *store_, "login", "login1", act()));
    ASSERT_TRUE(approve(*store_, "compute", ApproveWhat::either, act()));
    ASSERT_TRUE(approve(*store_, "login", ApproveWhat::either, act()));
  }

  Result<SweepReport> try_sweep(const Lines& nodes) {
    const SweepSetting whole = setting();
    return sweep(whole, *store_, nodes, sweep_policy_, world());
  }

  SweepReport sweep_all() {
    auto report = try_sweep(names());
    EXPECT_TRUE(report) << (report ? "" : report.error().message());
    return report.value_or(SweepReport{});
  }

  /// "high unexpected-port compute 150/tcp open node3", a row each.
  static Lines told(const SweepReport& report) {
    Lines lines;
    for (const SweepRow& row : report.rows) {
      const Finding& subject = row.finding.subject;
      const std::string what =
          !subject.port ? "-"
                        : fmt::format("{}/{} {}", *subject.port, to_string(*subject.protocol),
                                      to_string(*subject.state));
      lines.push_back(fmt::format("{} {} {} {} {}", to_string(subject.severity),
                                  to_string(subject.kind), subject.node_class, what,
                                  fold_nodeset(row.finding.nodes)));
    }
    return lines;
  }

  /// "A-1 open unexpected-port 150 node3", a row each, resolved and pending ones included.
  Lines alerts() {
    Lines lines;
    const auto listing =
        list_alerts(*store_, names(), {.include_resolved = true, .include_pending = true}, now_);
    EXPECT_TRUE(listing);
    for (const AlertRow& row : listing->rows) {
      lines.push_back(fmt::format("{} {} {} {} {}", alert_name(row.first.id), to_string(row.status),
                                  to_string(row.first.subject.kind),
                                  row.first.subject.port.value_or(0), fold_nodeset(row.nodes)));
    }
    return lines;
  }

  void wait(std::chrono::seconds time) { now_ += time; }

  std::filesystem::path folder_;
  int stores_ = 0;
  std::unique_ptr<Store> store_;
  Inventory inventory_;
  std::map<std::string, net::MemoryHost> hosts_;
  std::map<std::string, std::string> unresolved_;
  TargetPolicy policy_;
  PortSets ports_;
  CollectControl control_;
  SweepPolicy sweep_policy_{.severities = {}, .alerts = {}, .owner = "test", .host = "mon1"};
  WallTime now_ = std::chrono::sys_days{std::chrono::year{2026} / 11 / 25};
  int waits_ = 0;
  std::function<void(int)> before_collect_ = [](int) {};
  std::unique_ptr<SimulatedCollector> collector_;
};

}  // namespace lockstep::control
