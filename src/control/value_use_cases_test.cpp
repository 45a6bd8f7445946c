#include "control/value_use_cases.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <set>

#include "store/sql/sql_store.h"

namespace lockstep::control {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

const WallTime kNoon = WallTime(std::chrono::seconds(1'782'907'200));

/// Says of each node what a test wants; of a node without an entry, nothing.
class FakeCollector final : public Collector {
 public:
  std::string_view name() const override { return "fake"; }
  std::map<std::string, Value> kernels;
  std::map<std::string, std::set<Port>> ports;
  std::string examined;  // of TCP
  std::vector<ReportedLook> looks;
  std::set<std::string> sizes;  // the nodes that have one
  std::string problem;

 private:
  Result<CollectSummary> do_collect(const std::vector<CollectTarget>& targets,
                                    ObservationSink& sink, const CollectControl&) override {
    for (const CollectTarget& target : targets) {
      for (const Port port : ports[target.node]) {
        sink.observe({target.node, target.address, "management", Protocol::tcp, port,
                      PortState::open, Evidence::syn_ack});
      }
      Coverage coverage;
      coverage.node = target.node;
      coverage.address = target.address;
      coverage.wanted = 1;
      const auto kernel = kernels.find(target.node);
      if (kernel == kernels.end()) {
        coverage.gap = CoverageGap::inconclusive;
        sink.measure({target.node, "", "kernel", "half said"});
      } else {
        coverage.asked = coverage.answered = 1;
        looks.push_back({.node = target.node,
                         .instance = "mine",
                         .network = "management",
                         .address = target.address,
                         .tcp = examined});
        sink.measure({target.node, "", "kernel", kernel->second});
        if (sizes.contains(target.node)) sink.measure({target.node, "", "size", 8.0});
      }
      sink.cover(coverage);
    }
    CollectSummary summary{};
    summary.problem = problem;
    return summary;
  }
};

class Measuring : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              fmt::format("lockstep-values-{}-{}", ::getpid(),
                          testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
    store = open_store(fmt::format("sqlite://{}/store.db", folder_.string()), 1s).value();
    for (int i = 1; i <= 10; ++i) {
      const std::string name = fmt::format("n{:02}", i);
      inventory.nodes[name] = {name, {"compute"}, "", {}};
      collector.kernels[name] = "6.1";
      names.push_back(name);
    }
  }
  void TearDown() override {
    store.reset();
    std::filesystem::remove_all(folder_);
  }

  MeasureReport run(const Lines& nodes, WallTime now = kNoon) {
    std::vector<CollectTarget> targets;
    for (const std::string& node : nodes) {
      CollectTarget target;
      target.node = node;
      targets.push_back(target);
    }
    auto report = measure(collector, targets, *store,
                          {.instance = "mine",
                           .inventory = inventory,
                           .severities = severities,
                           .alerts = alerts,
                           .looks = &collector.looks,
                           .schedules = schedules,
                           .wait_for_schedules = wait_for_schedules,
                           .job_ports = job_ports},
                          {}, [&] { return now; });
    EXPECT_TRUE(report) << (report ? "" : report.error().message());
    return report ? *report : MeasureReport{};
  }

  /// The profile of the nodes: 22 alone.
  void expect_ssh() {
    const Profile profile{"compute", {{22, Protocol::tcp, "", ""}}, {}};
    ASSERT_TRUE(store->approve(profile, {"compute", {"22/tcp"}, kNoon, "kim"}));
  }

  Lines told() {
    Lines lines;
    const std::vector<AlertRecord> book = store->alerts().value();
    for (const AlertRecord& each : book) {
      const std::string what = each.subject.port
                                   ? std::to_string(*each.subject.port) + "@" + each.subject.network
                                   : each.subject.reason;
      lines.push_back(
          fmt::format("{} {} {} {}", each.node, what, to_string(each.status), each.detail));
    }
    return lines;
  }

  std::unique_ptr<Store> store;
  Inventory inventory;
  FakeCollector collector;
  SeverityPolicy severities;
  AlertPolicy alerts;
  Lines names;
  std::function<std::vector<NodeSchedule>(const Lines&)> schedules;
  std::function<bool()> wait_for_schedules;
  PortSet job_ports;

 private:
  std::filesystem::path folder_;
};

TEST_F(Measuring, KeepsComparesAndAlerts) {
  collector.kernels["n03"] = "5.10";
  const MeasureReport report = run(names);
  EXPECT_EQ(report.nodes, 10U);
  EXPECT_EQ(report.covered, 10U);
  EXPECT_EQ(report.values, 10U);
  EXPECT_TRUE(report.did_its_work());
  EXPECT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(told(), Lines({"n03 mine/kernel open it is \"5.10\""}));
  EXPECT_EQ(store->values("mine", "n03").value()[0].at, kNoon);

  const auto rows = list_values(*store, inventory, {"n03", "n04"}, "", MissingValues::all);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ(rows->at(0).alert, 1);
  EXPECT_EQ(rows->at(0).clones, "9 of 10 have \"6.1\"");
  EXPECT_EQ(rows->at(1).alert, 0);

  collector.kernels["n03"] = "6.1";
  run({"n03"}, kNoon + 1h);
  EXPECT_EQ(told(), Lines({"n03 mine/kernel resolved it is \"5.10\""}));
}

/// Of these nodes: "n03 mine/size missing A-1".
Lines missing(Store& store, const Inventory& inventory, const std::set<std::string>& nodes,
              MissingValues which) {
  Lines lines;
  const std::vector<ValueRow> rows = list_values(store, inventory, nodes, "", which).value();
  for (const ValueRow& row : rows) {
    if (!row.missing) continue;
    lines.push_back(fmt::format("{} {}/{} A-{}", row.fact.seen.node, row.fact.seen.instance,
                                row.fact.seen.name, row.alert));
  }
  return lines;
}

TEST_F(Measuring, WhatANodeDoesNotSayWhileItsClonesDoIsMissing) {
  collector.sizes = {names.begin(), names.end()};
  collector.sizes.erase("n03");
  run(names);
  EXPECT_EQ(told(), Lines({"n03 mine/size open it is not there"}));
  for (const auto which : {MissingValues::alerts, MissingValues::all}) {
    EXPECT_EQ(missing(*store, inventory, {}, which), Lines({"n03 mine/size A-1"}));
    EXPECT_EQ(missing(*store, inventory, {"n03"}, which), Lines({"n03 mine/size A-1"}));
    EXPECT_EQ(missing(*store, inventory, {"n04"}, which), Lines());
  }
}

TEST_F(Measuring, WhereFewClonesTellItIsShownAndIsNoAlert) {
  names = {"n01", "n02", "n03"};
  collector.sizes = {"n01", "n02"};
  run(names);
  EXPECT_EQ(told(), Lines());
  EXPECT_EQ(missing(*store, inventory, {}, MissingValues::alerts), Lines());
  EXPECT_EQ(missing(*store, inventory, {}, MissingValues::all), Lines({"n03 mine/size A-0"}));
  collector.sizes = {"n01"};
  run(names, kNoon + 1h);
  EXPECT_EQ(missing(*store, inventory, {}, MissingValues::all), Lines()) << "most lack it";
  collector.sizes = {"n01", "n02"};
  run({"n01", "n02"}, kNoon + 2h);
  EXPECT_EQ(missing(*store, inventory, {}, MissingValues::all), Lines())
      << "n03 was not measured since";
}

TEST_F(Measuring, ComparesARoundOfFewWithWhatTheOthersSaidLately) {
  run(names);
  collector.kernels["n03"] = "5.10";
  EXPECT_EQ(run({"n03"}, kNoon + 1h).findings.size(), 1U);
  EXPECT_EQ(run({"n03"}, kNoon + 100h).findings.size(), 0U) << "what they said is too old";
  EXPECT_EQ(told(), Lines({"n03 mine/kernel open it is \"5.10\""})) << "and proves nothing";
}

TEST_F(Measuring, TakesNothingOfNodesThatWereNotCovered) {
  run(names);
  collector.kernels.erase("n03");
  collector.problem = "line 3: nonsense";
  const MeasureReport report = run({"n03", "n04"}, kNoon + 1h);
  EXPECT_EQ(report.covered, 1U);
  EXPECT_EQ(report.values, 1U);
  EXPECT_FALSE(report.did_its_work());
  EXPECT_EQ(store->values("mine", "n03").value()[0].seen.value, Value("6.1"));
  EXPECT_EQ(told(), Lines());
}

TEST_F(Measuring, KeepsAndJudgesPorts) {
  expect_ssh();
  collector.ports = {{"n03", {22, 4444}}, {"n04", {22}}};
  const MeasureReport report = run({"n03", "n04"});
  EXPECT_EQ(report.ports, 3U);
  EXPECT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(told(), Lines({"n03 4444@management by mine open reported by mine"}));
  EXPECT_EQ(store->port_reports("mine", "n03").value().ports.size(), 2U);

  collector.ports["n03"] = {22};
  collector.kernels.erase("n03");
  EXPECT_EQ(run({"n03", "n04"}, kNoon + 1h).ports, 1U) << "of nodes that were covered";
  EXPECT_EQ(told(), Lines({"n03 4444@management by mine open reported by mine"}));
  EXPECT_EQ(store->port_reports("mine", "n03").value().ports.size(), 2U);

  collector.kernels["n03"] = "6.1";
  run({"n03"}, kNoon + 2h);
  EXPECT_EQ(told(), Lines({"n03 4444@management by mine resolved reported by mine"}));
  const PortReports kept = store->port_reports("mine", "n03").value();
  ASSERT_EQ(kept.ports.size(), 1U);
  EXPECT_EQ(kept.ports[0].since, kNoon) << "a port that stays has been there since then";
  ASSERT_EQ(kept.looks.size(), 1U);
  EXPECT_EQ(kept.looks[0].looked, kNoon + 2h);
}

TEST_F(Measuring, MissesPortsOnlyWhereTheyWereExamined) {
  expect_ssh();
  alerts.missing_after = 0s;
  collector.ports = {{"n04", {22}}};
  run({"n03", "n04"});
  EXPECT_EQ(told(), Lines());
  collector.examined = "1-1024";
  run({"n03", "n04"}, kNoon + 1h);
  EXPECT_EQ(told(), Lines({"n03 22@management by mine open examined by mine, which does not report "
                           "it"}));
}

TEST_F(Measuring, PutsValuesAndPortsIntoOneBook) {
  expect_ssh();
  collector.kernels["n03"] = "5.10";
  collector.ports = {{"n03", {4444}}};
  run(names);
  EXPECT_EQ(told(), Lines({"n03 mine/kernel open it is \"5.10\"",
                           "n03 4444@management by mine open reported by mine"}));
  collector.ports.clear();
  run(names, kNoon + 1h);
  EXPECT_EQ(told(), Lines({"n03 mine/kernel open it is \"5.10\"",
                           "n03 4444@management by mine resolved reported by mine"}));
}

TEST_F(Measuring, AsksTheSchedulerBeforeAListenerIsNews) {
  expect_ssh();
  job_ports.insert(8888);
  collector.ports = {{"n03", {8888}}};
  bool began = false;
  schedules = [&](const Lines& nodes) {
    std::vector<NodeSchedule> said;
    for (const std::string& node : nodes) {
      NodeSchedule& schedule = said.emplace_back();
      schedule.node = node;
      schedule.state = began ? SchedulerState::allocated : SchedulerState::idle;
    }
    return said;
  };
  int waited = 0;
  wait_for_schedules = [&] {
    began = true;
    ++waited;
    return true;
  };
  run({"n03"});
  EXPECT_EQ(told(), Lines());
  EXPECT_EQ(waited, 1);
  ASSERT_EQ(store->job_listeners().value().size(), 1U);
  EXPECT_EQ(store->job_listeners().value()[0].network, "management by mine");

  wait_for_schedules = [&] {
    ++waited;
    return true;
  };
  began = false;
  run({"n03"}, kNoon + 1h);
  EXPECT_EQ(waited, 2);
  EXPECT_EQ(told().size(), 1U);
  EXPECT_EQ(store->alerts().value()[0].subject.kind, FindingKind::orphan_listener);
}

}  // namespace
}  // namespace lockstep::control
