// Sweeps and learning from the simulated wire to a real store in a file.

#include "control/use_cases.h"

#include "control/test_cluster.h"

namespace lockstep::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

bool has(const SweepReport& report, FindingKind kind) {
  return std::ranges::any_of(report.rows,
                             [&](const SweepRow& row) { return row.finding.subject.kind == kind; });
}

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
    open_fresh_store();
    learn_all();
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
  const auto report = try_sweep({"node2", "node3"});
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
  ASSERT_TRUE(learn(setting(), *store_, "compute", "node1", act()));
  ASSERT_TRUE(approve(*store_, "compute", ApproveWhat::either, act()));
  const SweepReport report = sweep_all();
  EXPECT_THAT(told(report), ElementsAre("medium coverage-gap login - login1"));
  EXPECT_THAT(report.rows.at(0).finding.subject.detail, HasSubstr("no profile for login"));
  EXPECT_FALSE(report.deviates());
}

TEST_F(Cluster, ANodeWithoutClassIsAGap) {
  learn_all();
  inventory_.nodes["node2"].classes.clear();
  const SweepReport report = sweep_all();
  ASSERT_EQ(report.rows.size(), 1U);
  EXPECT_EQ(report.rows[0].finding.subject.kind, FindingKind::coverage_gap);
  EXPECT_THAT(report.rows[0].finding.nodes, ElementsAre("node2"));
}

TEST_F(Cluster, WithoutAnyProfileASweepSaysWhatToDo) {
  const auto report = try_sweep(names());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind(), ErrorKind::invalid);
  EXPECT_THAT(report.error().message(), HasSubstr("lockstep profile learn --class compute"));
  EXPECT_EQ(collector_->network, nullptr) << "nothing was sent";
}

TEST_F(Cluster, WithoutAnyClassASweepSaysWhatToDo) {
  learn_all();
  for (auto& [name, node] : inventory_.nodes) node.classes.clear();
  const auto report = try_sweep(names());
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message(), HasSubstr("in no class"));
}

TEST_F(Cluster, AProfileOfANetworkCountsForItsClass) {
  for (auto& [name, node] : inventory_.nodes) node.addresses[0].network = "fabric";
  ASSERT_TRUE(learn(setting(), *store_, "compute", "node1", act()));
  ASSERT_TRUE(approve(*store_, "compute", ApproveWhat::either, act()));
  const auto report = try_sweep({"node1", "node2"});
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
            *store_, names(), sweep_policy_, world());
  ASSERT_TRUE(report);
  EXPECT_FALSE(has(*report, FindingKind::missing_port));
  EXPECT_FALSE(has(*report, FindingKind::unexpected_filtered));
  EXPECT_FALSE(report->record.complete());
  EXPECT_EQ(report->proven, 0U);
}

TEST_F(Cluster, AFailingEngineIsTheSweepsError) {
  learn_all();
  const SweepSetting whole = setting();
  net::MemoryNetwork network;
  PortCollector none({}, std::make_unique<scan::PacketEngine>(network));
  const auto report =
      sweep({whole.inventory, whole.unresolved, whole.policy, none, whole.ports, whole.control},
            *store_, names(), sweep_policy_, world());
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message(), HasSubstr("without ports"));
}

}  // namespace
}  // namespace lockstep::control
