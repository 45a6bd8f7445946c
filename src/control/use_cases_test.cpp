// Sweeps and learning from the simulated wire to a real store in a file.

#include "control/use_cases.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "collectors/ports/port_collector.h"
#include "model/nodeset.h"
#include "net/io/memory.h"
#include "scan/packet_engine.h"
#include "store/sql/sql_store.h"

namespace lockstep::control {
namespace {

using net::MemoryHost;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Lines = std::vector<std::string>;

constexpr Port kLastPort = 200;

PortSet ports(std::initializer_list<Port> list) {
  PortSet set;
  for (const Port port : list) set.insert(port);
  return set;
}

/// Four compute nodes that show 22 and 111, and a login node that shows 22 and 80.
class Cluster : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/lockstep-use-cases-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    auto store = open_store(fmt::format("sqlite://{}/store.db", pattern));
    ASSERT_TRUE(store) << store.error().message();
    store_ = std::move(*store);
    for (int i = 1; i <= 4; ++i) add(fmt::format("node{}", i), "compute", {22, 111});
    add("login1", "login", {22, 80});
    ports_.insert_range(1, kLastPort);
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void add(const std::string& name, const std::string& node_class,
           std::initializer_list<Port> open) {
    const IpAddress address = IpAddress::parse("198.18.0.1")->plus(inventory_.nodes.size());
    inventory_.nodes[name] = {name, {node_class}, {}, {{address}}};
    inventory_.classes[node_class] = {node_class, std::nullopt};
    hosts_[name].open = ports(open);
  }

  SweepSetting setting() {
    network_ = std::make_unique<net::MemoryNetwork>();
    for (const auto& [name, node] : inventory_.nodes) {
      for (const NodeAddress& each : node.addresses) network_->add(each.address, hosts_[name]);
    }
    PortCollectorOptions options;
    options.ports = ports_;
    options.fence = scan::Fence({*Prefix::parse("198.18.0.0/15")}, {});
    options.rate = options.group_rate = PacketsPerSecond::unlimited();
    options.threads = 1;
    collector_ =
        std::make_unique<PortCollector>(options, std::make_unique<scan::PacketEngine>(*network_));
    return {inventory_, unresolved_, policy_, *collector_, ports_, control_};
  }

  Lines names() const {
    Lines names;
    for (const auto& [name, node] : inventory_.nodes) names.push_back(name);
    return names;
  }

  void learn_all() {
    ASSERT_TRUE(learn(setting(), *store_, "compute", "node1"));
    ASSERT_TRUE(learn(setting(), *store_, "login", "login1"));
  }

  SweepReport sweep_all() {
    auto report = sweep(setting(), *store_, names());
    EXPECT_TRUE(report) << (report ? "" : report.error().message());
    return report.value_or(SweepReport{});
  }

  /// "high unexpected-port compute 150/tcp open node3", a row each.
  static Lines told(const SweepReport& report) {
    Lines lines;
    for (const FindingRow& row : report.rows) {
      const Finding& subject = row.subject;
      const std::string what =
          !subject.port ? "-"
                        : fmt::format("{}/{} {}", *subject.port, to_string(*subject.protocol),
                                      to_string(*subject.state));
      lines.push_back(fmt::format("{} {} {} {} {}", to_string(subject.severity),
                                  to_string(subject.kind), subject.node_class, what,
                                  fold_nodeset(row.nodes)));
    }
    return lines;
  }

  static bool has(const SweepReport& report, FindingKind kind) {
    return std::ranges::any_of(report.rows,
                               [&](const FindingRow& row) { return row.subject.kind == kind; });
  }

  std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
  Inventory inventory_;
  std::map<std::string, MemoryHost> hosts_;
  std::map<std::string, std::string> unresolved_;
  TargetPolicy policy_;
  PortSet ports_;
  CollectControl control_;
  std::unique_ptr<net::MemoryNetwork> network_;
  std::unique_ptr<PortCollector> collector_;
};

TEST_F(Cluster, AScanJudgesNothing) {
  const auto record = scan(setting(), names());
  ASSERT_TRUE(record);
  EXPECT_TRUE(record->complete());
  EXPECT_EQ(record->observations.size(), 10U);
  EXPECT_EQ(record->coverage.size(), 5U);
  EXPECT_EQ(record->summary.method, "packet");
  EXPECT_EQ(record->summary.probes_sent, 5U * kLastPort);
  EXPECT_THAT(*store_->profiles(), IsEmpty());
}

TEST_F(Cluster, AScanOfNodesThatAreLeftOutSendsNothing) {
  policy_.excluded_nodes = *parse_nodeset("node1");
  const auto record = scan(setting(), {"node1"});
  ASSERT_TRUE(record);
  EXPECT_FALSE(record->complete());
  EXPECT_EQ(record->summary.probes_sent, 0U);
  ASSERT_EQ(record->coverage.size(), 1U);
  EXPECT_EQ(record->coverage[0].gap, CoverageGap::outside_fence);
}

TEST_F(Cluster, LearningWritesTheOpenPorts) {
  const auto report = learn(setting(), *store_, "compute", "node1");
  ASSERT_TRUE(report) << report.error().message();
  const Profile expected{"compute", {{22, Protocol::tcp, ""}, {111, Protocol::tcp, ""}}};
  EXPECT_THAT(report->profiles, ElementsAre(expected));
  EXPECT_THAT(*store_->profiles(), ElementsAre(expected));
}

TEST_F(Cluster, LearningWritesAProfileForEachNetwork) {
  inventory_.nodes["node1"].addresses.push_back({*IpAddress::parse("198.19.0.1"), "fabric"});
  ASSERT_TRUE(learn(setting(), *store_, "compute", "node1"));
  const auto profiles = *store_->profiles();
  ASSERT_EQ(profiles.size(), 2U);
  EXPECT_EQ(profiles[0].host_type, "compute");
  EXPECT_EQ(profiles[1].host_type, "compute@fabric");
}

TEST_F(Cluster, LearningRefusesAndChangesNothing) {
  learn_all();
  const auto before = *store_->profiles();
  const std::atomic<bool> stopped{true};
  const struct {
    const char* description;
    const char* node_class;
    const char* node;
    std::function<void()> change;
    ErrorKind kind;
    const char* says;
  } kRows[] = {
      {"no such node", "compute", "node9", [] {}, ErrorKind::not_found, "no node node9"},
      {"not of the class", "compute", "login1", [] {}, ErrorKind::invalid, "login1"},
      {"interrupted", "compute", "node1", [&] { control_.stop = &stopped; }, ErrorKind::unavailable,
       "not examined in full"},
      {"unreachable", "compute", "node1", [&] { hosts_["node1"].has_neighbour_reply = false; },
       ErrorKind::unavailable, "not examined in full"},
      {"outside the fence", "compute", "node1",
       [&] { inventory_.nodes["node1"].addresses = {{*IpAddress::parse("192.0.2.1")}}; },
       ErrorKind::unavailable, "outside-fence"},
      {"excluded", "compute", "node1", [&] { policy_.excluded_nodes = *parse_nodeset("node1"); },
       ErrorKind::unavailable, "outside-fence"},
      {"no address", "compute", "node1", [&] { inventory_.nodes["node1"].addresses.clear(); },
       ErrorKind::unavailable, "not-resolved"},
      {"one of two networks is not reached", "compute", "node1",
       [&] {
         inventory_.nodes["node1"].addresses.push_back({*IpAddress::parse("192.0.2.1"), "fabric"});
       },
       ErrorKind::unavailable, "192.0.2.1"},
      {"nothing is open", "compute", "node1", [&] { hosts_["node1"].open = {}; },
       ErrorKind::not_found, "no open port"},
  };
  const Inventory inventory = inventory_;
  const auto hosts = hosts_;
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    inventory_ = inventory;
    hosts_ = hosts;
    policy_ = {};
    control_ = {};
    row.change();
    // Were it learned, it would show.
    if (!hosts_["node1"].open.empty()) hosts_["node1"].open.insert(150);
    const auto report = learn(setting(), *store_, row.node_class, row.node);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind(), row.kind) << report.error().message();
    EXPECT_THAT(report.error().message(), HasSubstr(row.says));
    EXPECT_EQ(*store_->profiles(), before);
  }
}

TEST_F(Cluster, ACleanSweepHasNoRows) {
  learn_all();
  const SweepReport report = sweep_all();
  EXPECT_THAT(told(report), IsEmpty());
  EXPECT_FALSE(report.deviates());
  EXPECT_TRUE(report.record.complete());
  EXPECT_EQ(report.nodes, 5U);
  EXPECT_EQ(report.proven, 5U);
}

TEST_F(Cluster, EachPlantedDeviationIsExactlyItsRow) {
  learn_all();
  const Inventory inventory = inventory_;
  const auto hosts = hosts_;
  const struct {
    const char* description;
    std::function<void()> plant;
    Lines rows;
    bool deviates;
    std::size_t proven;
  } kRows[] = {
      {"a listener on two nodes",
       [&] {
         hosts_["node2"].open.insert(150);
         hosts_["node4"].open.insert(150);
       },
       {"high unexpected-port compute 150/tcp open node[2,4]"},
       true,
       5},
      {"the same port on two classes is two causes",
       [&] {
         hosts_["node2"].open.insert(150);
         hosts_["login1"].open.insert(150);
       },
       {"high unexpected-port compute 150/tcp open node2",
        "high unexpected-port login 150/tcp open login1"},
       true,
       5},
      {"what another class may show is news here",
       [&] { hosts_["node3"].open.insert(80); },
       {"high unexpected-port compute 80/tcp open node3"},
       true,
       5},
      {"a daemon that died",
       [&] { hosts_["node3"].open = ports({22}); },
       {"low missing-port compute 111/tcp closed node3"},
       true,
       5},
      {"a daemon behind a filter",
       [&] { hosts_["node3"].filtered = ports({111}); },
       {"low missing-port compute 111/tcp filtered node3"},
       true,
       5},
      {"a port that is silent where its clones answer",
       [&] { hosts_["node3"].filtered = ports({150}); },
       {"high unexpected-filtered compute 150/tcp filtered node3"},
       true,
       5},
      {"a port that ICMP refuses",
       [&] { hosts_["node3"].rejected = ports({150}); },
       {"high unexpected-filtered compute 150/tcp filtered node3"},
       true,
       5},
      {"a node that is gone",
       [&] { hosts_["node3"].has_neighbour_reply = false; },
       {"low node-unreachable compute - node3"},
       true,
       4},
      {"nodes without address",
       [&] {
         for (const char* const name : {"node1", "node2"}) {
           inventory_.nodes[name].addresses.clear();
           unresolved_[name] = "timed out";
         }
       },
       {"medium coverage-gap compute - node[1-2]"},
       false,
       3},
      {"an address outside the fence",
       [&] { inventory_.nodes["node2"].addresses = {{*IpAddress::parse("192.0.2.1")}}; },
       {"medium coverage-gap compute - node2"},
       false,
       4},
      {"all at once, the gravest first",
       [&] {
         hosts_["node1"].open.insert(150);
         hosts_["node2"].open = ports({22});
         hosts_["node3"].has_neighbour_reply = false;
         inventory_.nodes["node4"].addresses.clear();
       },
       {"high unexpected-port compute 150/tcp open node1", "medium coverage-gap compute - node4",
        "low missing-port compute 111/tcp closed node2", "low node-unreachable compute - node3"},
       true,
       3},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    inventory_ = inventory;
    hosts_ = hosts;
    unresolved_.clear();
    row.plant();
    const SweepReport report = sweep_all();
    EXPECT_EQ(told(report), row.rows);
    EXPECT_EQ(report.deviates(), row.deviates);
    EXPECT_EQ(report.nodes, 5U);
    EXPECT_EQ(report.proven, row.proven);
  }
}

TEST_F(Cluster, LossIsNoDeviation) {
  learn_all();
  for (auto& [name, host] : hosts_) host.loss = 0.1;
  EXPECT_THAT(told(sweep_all()), IsEmpty());
}

TEST_F(Cluster, OnlyTheNodesAskedForAreSweptAndJudged) {
  learn_all();
  hosts_["node1"].open.insert(150);
  hosts_["node2"].open.insert(150);
  const auto report = sweep(setting(), *store_, {"node2", "node3"});
  ASSERT_TRUE(report);
  EXPECT_THAT(told(*report), ElementsAre("high unexpected-port compute 150/tcp open node2"));
  EXPECT_EQ(report->nodes, 2U);
  EXPECT_EQ(report->record.coverage.size(), 2U);
}

TEST_F(Cluster, APortThatWasNotAskedIsNotMissing) {
  learn_all();
  hosts_["node1"].open = ports({22});
  ports_ = ports({22, 80});
  EXPECT_THAT(told(sweep_all()), IsEmpty());
}

TEST_F(Cluster, AClassWithoutProfileIsAGapForItsNodes) {
  ASSERT_TRUE(learn(setting(), *store_, "compute", "node1"));
  const SweepReport report = sweep_all();
  EXPECT_THAT(told(report), ElementsAre("medium coverage-gap login - login1"));
  EXPECT_THAT(report.rows.at(0).subject.detail, HasSubstr("no profile for login"));
  EXPECT_FALSE(report.deviates());
}

TEST_F(Cluster, ANodeWithoutClassIsAGap) {
  learn_all();
  inventory_.nodes["node2"].classes.clear();
  const SweepReport report = sweep_all();
  ASSERT_EQ(report.rows.size(), 1U);
  EXPECT_EQ(report.rows[0].subject.kind, FindingKind::coverage_gap);
  EXPECT_THAT(report.rows[0].nodes, ElementsAre("node2"));
}

TEST_F(Cluster, WithoutAnyProfileASweepSaysWhatToDo) {
  const auto report = sweep(setting(), *store_, names());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind(), ErrorKind::invalid);
  EXPECT_THAT(report.error().message(), HasSubstr("lockstep profile learn --class compute"));
  EXPECT_EQ(network_->traffic(inventory_.nodes["node1"].addresses[0].address).resets, 0U)
      << "nothing was sent";
}

TEST_F(Cluster, WithoutAnyClassASweepSaysWhatToDo) {
  learn_all();
  for (auto& [name, node] : inventory_.nodes) node.classes.clear();
  const auto report = sweep(setting(), *store_, names());
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message(), HasSubstr("in no class"));
}

TEST_F(Cluster, AProfileOfANetworkCountsForItsClass) {
  for (auto& [name, node] : inventory_.nodes) node.addresses[0].network = "fabric";
  ASSERT_TRUE(learn(setting(), *store_, "compute", "node1"));
  const auto report = sweep(setting(), *store_, {"node1", "node2"});
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_THAT(told(*report), IsEmpty());
}

TEST_F(Cluster, AnInterruptedSweepNeverMissesAPort) {
  learn_all();
  for (auto& [name, host] : hosts_) host.open = {};
  const std::atomic<bool> stopped{true};
  control_.stop = &stopped;
  const SweepReport report = sweep_all();
  EXPECT_FALSE(has(report, FindingKind::missing_port));
  EXPECT_FALSE(report.deviates());
  EXPECT_FALSE(report.record.complete());
  EXPECT_EQ(report.proven, 0U);
  EXPECT_THAT(told(report), ElementsAre("medium coverage-gap compute - node[1-4]",
                                        "medium coverage-gap login - login1"));
}

/// Half the ports of every address, whichever they are, then stopped.
class HalfWay final : public scan::Engine {
 public:
  std::string_view name() const override { return "half-way"; }
  bool completes_handshakes() const override { return false; }

 private:
  Result<void> do_run(const scan::Plan& plan, const scan::ResultTable& table,
                      std::vector<std::uint32_t> targets) override {
    for (const std::uint32_t i : targets) {
      for (const Port port : plan.ports) {
        table.run().probes.fetch_add(1);
        table.target(i).asked.fetch_add(1);
        if (port % 2 == 0) table.record(i, port, scan::Answer::closed);
      }
    }
    table.run().stop = true;
    return {};
  }
};

TEST_F(Cluster, ASweepInterruptedAfterTheLastProbeNeverMissesAPort) {
  learn_all();
  const SweepSetting whole = setting();
  PortCollectorOptions options;
  options.ports = ports_;
  options.fence = scan::Fence({*Prefix::parse("198.18.0.0/15")}, {});
  PortCollector half_way(options, std::make_unique<HalfWay>());
  const auto report =
      sweep({whole.inventory, whole.unresolved, whole.policy, half_way, whole.ports, whole.control},
            *store_, names());
  ASSERT_TRUE(report);
  EXPECT_FALSE(has(*report, FindingKind::missing_port));
  EXPECT_FALSE(has(*report, FindingKind::unexpected_filtered));
  EXPECT_FALSE(report->record.complete());
  EXPECT_EQ(report->proven, 0U);
}

TEST_F(Cluster, AFailingEngineIsTheSweepsError) {
  learn_all();
  const SweepSetting whole = setting();
  PortCollector none({}, std::make_unique<scan::PacketEngine>(*network_));
  const auto report =
      sweep({whole.inventory, whole.unresolved, whole.policy, none, whole.ports, whole.control},
            *store_, names());
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message(), HasSubstr("without ports"));
}

}  // namespace
}  // namespace lockstep::control
