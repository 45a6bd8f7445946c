// The port collector with the engine `packet` over a simulated network, and with engines that
// fail, stop or refuse when a test wants them to.

#include "collectors/ports/port_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <thread>

#include "collectors/ports/test_ports.h"
#include "net/io/memory.h"
#include "scan/packet_engine.h"

namespace lockstep {
namespace {

using namespace test;
using net::MemoryHost;
using net::MemoryNetwork;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(PortCollector, ReportsWhatAHostShows) {
  struct Row {
    const char* description;
    const char* at;
    MemoryHost host;
    std::vector<std::string> seen;
    Coverage counts;  // asked to passes, gap and note
  };
  const auto counts = [](std::uint32_t asked, std::uint32_t answered, std::uint32_t open,
                         std::uint32_t closed, std::uint32_t passes, CoverageGap gap,
                         std::string note = "") {
    Coverage coverage;
    coverage.asked = asked;
    coverage.answered = answered;
    coverage.unanswered = asked - answered;
    coverage.open = open;
    coverage.closed = closed;
    coverage.passes = passes;
    coverage.gap = gap;
    coverage.note = std::move(note);
    return coverage;
  };
  const std::vector<Row> rows = {
      {"an open port, the rest closed",
       "198.18.0.1",
       {.open = ports(22, 22)},
       {"22 open syn-ack"},
       counts(100, 100, 1, 99, 1, CoverageGap::none)},
      {"all closed", "198.18.0.2", {}, {}, counts(100, 100, 0, 100, 1, CoverageGap::none)},
      {"two ports dropped by a filter",
       "198.18.0.3",
       {.filtered = ports(50, 51)},
       {"50 filtered no-reply", "51 filtered no-reply"},
       counts(100, 98, 0, 98, 3, CoverageGap::unanswered)},
      {"a port that ICMP refuses is answered",
       "198.18.0.4",
       {.rejected = ports(80, 80)},
       {"80 filtered icmp-unreachable"},
       counts(100, 100, 0, 99, 1, CoverageGap::none)},
      {"ICMP errors alone do not tell that it is alive",
       "198.18.0.5",
       {.rejected = ports(1, 100)},
       {},
       counts(100, 100, 0, 0, 1, CoverageGap::unreachable, "nothing but ICMP errors came back")},
      {"a host that drops everything is unreachable, not filtered",
       "198.18.0.6",
       {.filtered = ports(1, 100)},
       {},
       counts(100, 0, 0, 0, 3, CoverageGap::unreachable)},
      {"no neighbour",
       "198.18.0.7",
       {.has_neighbour_reply = false},
       {},
       counts(0, 0, 0, 0, 0, CoverageGap::unreachable,
              "no answer to ARP or neighbour solicitation")},
      {"outside the fence",
       "192.0.2.1",
       {.open = ports(22, 22)},
       {},
       counts(0, 0, 0, 0, 0, CoverageGap::outside_fence, "outside [scan] allow, or excluded")},
      {"excluded",
       "198.18.0.66",
       {.open = ports(22, 22)},
       {},
       counts(0, 0, 0, 0, 0, CoverageGap::outside_fence, "outside [scan] allow, or excluded")},
      {"IPv6",
       "fd00::1",
       {.open = ports(1, 2)},
       {"1 open syn-ack", "2 open syn-ack"},
       counts(100, 100, 2, 98, 1, CoverageGap::none)},
  };
  PacketRun run(ports(1, 100));
  std::vector<CollectTarget> targets;
  for (const Row& row : rows) {
    run.network.add(address(row.at), row.host);
    targets.push_back(target(row.description, row.at));
  }
  const auto summary = run.collect(targets);
  ASSERT_TRUE(summary) << summary.error().message();
  EXPECT_EQ(summary->method, "packet");
  EXPECT_FALSE(summary->interrupted);
  EXPECT_EQ(summary->problem, "");
  EXPECT_EQ(run.recorder.coverage.size(), rows.size()) << "exactly one a target";
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(run.recorder.seen_at(row.at), row.seen);
    const Coverage* const coverage = run.recorder.coverage_of(address(row.at));
    ASSERT_NE(coverage, nullptr);
    EXPECT_EQ(coverage->node, row.description);
    EXPECT_EQ(coverage->network, "management");
    EXPECT_EQ(coverage->wanted, 100U);
    EXPECT_EQ(coverage->asked, row.counts.asked);
    EXPECT_EQ(coverage->answered, row.counts.answered);
    EXPECT_EQ(coverage->unanswered, row.counts.unanswered);
    EXPECT_EQ(coverage->open, row.counts.open);
    EXPECT_EQ(coverage->closed, row.counts.closed);
    EXPECT_EQ(coverage->passes, row.counts.passes);
    EXPECT_EQ(coverage->gap, row.counts.gap);
    EXPECT_EQ(coverage->note, row.counts.note);
    EXPECT_EQ(run.network.traffic(address(row.at)).resets, row.counts.open);
  }
}

TEST(PortCollector, CutsLongListsOfFilteredPorts) {
  for (const std::size_t filtered : {kMaxFilteredListed, kMaxFilteredListed + 1}) {
    SCOPED_TRACE(filtered);
    PacketRun run(ports(1, 2000));
    run.network.add(address("198.18.0.1"),
                    {.open = ports(2000, 2000), .filtered = ports(1, static_cast<Port>(filtered))});
    ASSERT_TRUE(run.collect({target("n1", "198.18.0.1")}));
    EXPECT_THAT(run.recorder.observations, SizeIs(kMaxFilteredListed + 1));
    EXPECT_EQ(run.recorder.observations.back().state, PortState::open) << "never cut";
    const Coverage& coverage = run.recorder.coverage.front();
    EXPECT_EQ(coverage.unanswered, filtered) << "the count stays whole";
    EXPECT_EQ(coverage.note,
              filtered == kMaxFilteredListed ? "" : "1025 ports filtered, 1024 of them listed");
  }
}

TEST(PortCollector, WithoutTargetsReportsNothing) {
  PacketRun run(ports(1, 10));
  const auto summary = run.collect({});
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->method, "packet");
  EXPECT_EQ(summary->probes_sent, 0U);
  EXPECT_THAT(run.recorder.coverage, IsEmpty());
}

// --- Shards, rates, fallback. ---

TEST(PortCollector, TakesMoreTargetsThanOnePlanHolds) {
  const std::size_t count = scan::kMaxTargets + 100;
  PacketRun run(ports(22, 23));
  std::vector<CollectTarget> targets;
  for (std::uint64_t i = 0; i < count; ++i) {
    const IpAddress at = address("198.18.100.0").plus(i);
    run.network.add(at, {.open = ports(22, 22)});
    targets.push_back({.node = at.to_string(), .address = at, .network = {}, .group = {}});
  }
  const auto summary = run.collect(targets);
  ASSERT_TRUE(summary) << summary.error().message();
  EXPECT_EQ(summary->probes_sent, count * 2);
  EXPECT_THAT(run.recorder.observations, SizeIs(count));
  EXPECT_THAT(run.recorder.coverage, SizeIs(count));
  std::set<IpAddress> covered;
  for (const Coverage& coverage : run.recorder.coverage) {
    EXPECT_TRUE(coverage.complete()) << coverage.node;
    covered.insert(coverage.address);
  }
  EXPECT_THAT(covered, SizeIs(count));
}

TEST(PortCollector, PlansSharesOfNodesAndGroups) {
  std::vector<Plan> plans;
  PortCollectorOptions options = options_for(ports(1, 10));
  options.rate = PacketsPerSecond(1000);
  options.group_rate = PacketsPerSecond(300);
  options.tries = 12;
  options.interface = "eth7";
  const auto script = [&](const Plan& plan, const ResultTable& table,
                          const std::vector<std::uint32_t>& asked) {
    plans.push_back(plan);
    return ask_all(plan, table, asked);
  };
  PortCollector collector(options, std::make_unique<ScriptedEngine>("scripted", script));
  std::vector<CollectTarget> targets = {target("n1", "198.18.0.1"), target("n1", "198.19.0.1"),
                                        target("n2", "198.18.0.2"), target("n3", "198.18.0.3")};
  for (CollectTarget& each : targets) each.node_rate = PacketsPerSecond(50);
  targets[0].group = targets[1].group = targets[3].group = "rack1";
  targets[3].node_rate = PacketsPerSecond::unlimited();
  Recorder recorder;
  ASSERT_TRUE(collector.collect(targets, recorder, {}));
  ASSERT_TRUE(collector.collect(targets, recorder, {}));
  ASSERT_THAT(plans, SizeIs(2));
  const Plan& plan = plans.front();
  EXPECT_EQ(plan.targets.at(0).rate, PacketsPerSecond(25)) << "n1 has two addresses";
  EXPECT_EQ(plan.targets.at(1).rate, PacketsPerSecond(25));
  EXPECT_EQ(plan.targets.at(2).rate, PacketsPerSecond(50));
  EXPECT_TRUE(plan.targets.at(3).rate.is_unlimited());
  EXPECT_THAT(plan.group_rates, ElementsAre(PacketsPerSecond(300)));
  EXPECT_EQ(plan.targets.at(0).group, 0U);
  EXPECT_EQ(plan.targets.at(2).group, scan::PlanTarget::kNoGroup);
  EXPECT_EQ(plan.targets.at(3).group, 0U);
  EXPECT_EQ(plan.rate, PacketsPerSecond(1000));
  EXPECT_EQ(plan.tries, 12U);
  EXPECT_GE(plan.max_tries, plan.tries);
  EXPECT_EQ(plan.interface, "eth7");
  EXPECT_NE(plans[0].key.k0, plans[1].key.k0) << "a cookie key is new for each run";
  EXPECT_NE(plans[0].seed, plans[1].seed);
}

TEST(PortCollector, AsksNodesTheirOwnPorts) {
  PacketRun run(ports(1, 300));
  PortSets low = ports(1, 100);
  PortSets high = ports(200, 300);
  std::vector<CollectTarget> targets;
  for (const char* const at : {"198.18.0.1", "198.18.0.2", "198.18.0.3"}) {
    PortSet open = ports(22, 22);
    open.insert(250);
    run.network.add(address(at), {.open = open});
    targets.push_back(target(at, at));
  }
  targets[0].ports = &low;
  targets[1].ports = &high;
  ASSERT_TRUE(run.collect(targets));
  EXPECT_THAT(run.recorder.seen_at("198.18.0.1"), ElementsAre("22 open syn-ack"));
  EXPECT_THAT(run.recorder.seen_at("198.18.0.2"), ElementsAre("250 open syn-ack"));
  EXPECT_THAT(run.recorder.seen_at("198.18.0.3"), SizeIs(2));
  for (const auto& [at, count] : {std::pair("198.18.0.1", 100U), std::pair("198.18.0.2", 101U),
                                  std::pair("198.18.0.3", 300U)}) {
    const Coverage* const coverage = run.recorder.coverage_of(address(at));
    ASSERT_NE(coverage, nullptr);
    EXPECT_EQ(coverage->wanted, count);
    EXPECT_TRUE(coverage->complete());
  }
  // A second look at some asks these.
  run.recorder = {};
  run.control.ports = ports(250, 250);
  const auto again = run.collect(targets);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->probes_sent, 3U);
}

TEST(PortCollector, OwnPortsFollowOneAnotherAmongAll) {
  PacketRun run(ports(1, 300));
  PortSets apart = ports(1, 100);
  apart.of(Protocol::tcp).insert(102);
  PortSets beyond = ports(300, 301);
  for (const PortSets* const own : {&apart, &beyond}) {
    std::vector<CollectTarget> targets = {target("n1", "198.18.0.1")};
    targets[0].ports = own;
    const auto summary = run.collect(targets);
    ASSERT_FALSE(summary);
    EXPECT_EQ(summary.error().kind(), ErrorKind::invalid);
  }
}

TEST(PortCollector, AddressesOfOneNodeShareItsRate) {
  PacketRun run(ports(1, 50));
  run.network.record_times();
  std::vector<CollectTarget> targets;
  for (const char* const at : {"198.18.0.1", "198.18.0.2", "fd00::1"}) {
    run.network.add(address(at), {});
    targets.push_back(target("n1", at));
    targets.back().node_rate = PacketsPerSecond(30);
  }
  ASSERT_TRUE(run.collect(targets));
  std::vector<net::TimePoint> times;
  for (const CollectTarget& each : targets) {
    const auto traffic = run.network.traffic(each.address);
    times.insert(times.end(), traffic.syn_times.begin(), traffic.syn_times.end());
  }
  ASSERT_THAT(times, SizeIs(150));
  std::ranges::sort(times);
  const double seconds = std::chrono::duration<double>(times.back() - times.front()).count();
  EXPECT_GE(seconds, 149.0 / 30 * 0.98) << "150 probes at 30 a second";
}

/// Marks the targets at odd places as none of its business.
Result<void> refuse_odd(const Plan& plan, const ResultTable& table,
                        const std::vector<std::uint32_t>& targets) {
  for (const std::uint32_t i : targets) {
    if (i % 2 == 1) {
      table.target(i).status = TargetStatus::unsupported;
    } else {
      for (const Port port : plan.ports) ask(table, i, port, Answer::closed);
    }
  }
  return {};
}

const std::vector<CollectTarget> kFour = {target("n0", "198.18.0.0"), target("n1", "198.18.0.1"),
                                          target("n2", "198.18.0.2"), target("n3", "198.18.0.3")};

TEST(PortCollector, TheFallbackGetsWhatTheEngineCannotAsk) {
  std::vector<IpAddress> asked_of_fallback;
  const auto fallback = [&](const Plan& plan, const ResultTable& table,
                            const std::vector<std::uint32_t>& targets) -> Result<void> {
    for (const auto& each : plan.targets) asked_of_fallback.push_back(each.address);
    for (const std::uint32_t i : targets) {
      for (const Port port : plan.ports) ask(table, i, port, Answer::open);
    }
    return {};
  };
  PortCollector collector(options_for(ports(1, 2)),
                          std::make_unique<ScriptedEngine>("first", refuse_odd),
                          std::make_unique<ScriptedEngine>("second", fallback));
  Recorder recorder;
  const auto summary = collector.collect(kFour, recorder, {});
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->method, "first+second");
  EXPECT_EQ(summary->probes_sent, 8U);
  EXPECT_THAT(asked_of_fallback, ElementsAre(address("198.18.0.1"), address("198.18.0.3")));
  EXPECT_THAT(recorder.coverage, SizeIs(4));
  for (const Coverage& coverage : recorder.coverage) EXPECT_TRUE(coverage.complete());
  EXPECT_THAT(recorder.seen_at("198.18.0.3"), ElementsAre("1 open syn-ack", "2 open syn-ack"));
}

TEST(PortCollector, WithoutFallbackWhatTheEngineCannotAskIsUnsupported) {
  PortCollector collector(options_for(ports(1, 2)),
                          std::make_unique<ScriptedEngine>("first", refuse_odd));
  Recorder recorder;
  ASSERT_TRUE(collector.collect(kFour, recorder, {}));
  EXPECT_EQ(recorder.coverage_of(address("198.18.0.1"))->gap, CoverageGap::unsupported);
  EXPECT_NE(recorder.coverage_of(address("198.18.0.1"))->note, "");
  EXPECT_EQ(recorder.coverage_of(address("198.18.0.2"))->gap, CoverageGap::none);
}

TEST(PortCollector, AFallbackThatCannotEitherIsUnsupportedToo) {
  const auto refuse = [](const Plan&, const ResultTable& table,
                         const std::vector<std::uint32_t>& targets) -> Result<void> {
    for (const std::uint32_t i : targets) table.target(i).status = TargetStatus::unsupported;
    return {};
  };
  PortCollector collector(options_for(ports(1, 2)), std::make_unique<ScriptedEngine>("a", refuse),
                          std::make_unique<ScriptedEngine>("b", refuse));
  Recorder recorder;
  ASSERT_TRUE(collector.collect(kFour, recorder, {}));
  ASSERT_THAT(recorder.coverage, SizeIs(4));
  for (const Coverage& each : recorder.coverage) EXPECT_EQ(each.gap, CoverageGap::unsupported);
}

TEST(PortCollector, StoppedBeforeTheFallbackDoesNotBeginIt) {
  std::atomic<bool> stop{false};
  bool fallback_ran = false;
  const auto first = [&](const Plan& plan, const ResultTable& table,
                         const std::vector<std::uint32_t>& targets) {
    auto done = refuse_odd(plan, table, targets);
    stop = true;
    return done;
  };
  const auto second = [&](const Plan& plan, const ResultTable& table,
                          const std::vector<std::uint32_t>& targets) {
    fallback_ran = true;
    return ask_all(plan, table, targets);
  };
  PortCollector collector(options_for(ports(1, 2)), std::make_unique<ScriptedEngine>("a", first),
                          std::make_unique<ScriptedEngine>("b", second));
  Recorder recorder;
  const auto summary = collector.collect(kFour, recorder, {.stop = &stop, .progress = {}});
  ASSERT_TRUE(summary);
  EXPECT_FALSE(fallback_ran);
  EXPECT_TRUE(summary->interrupted);
  EXPECT_THAT(recorder.coverage, SizeIs(4));
  EXPECT_EQ(recorder.coverage_of(address("198.18.0.1"))->gap, CoverageGap::interrupted);
}

// --- Failure. ---

TEST(PortCollector, AnEngineThatFailsHalfWayKeepsWhatItFound) {
  std::size_t runs = 0;
  const auto script = [&](const Plan&, const ResultTable& table,
                          const std::vector<std::uint32_t>&) -> Result<void> {
    ++runs;
    ask(table, 0, 1, Answer::open);
    ask(table, 0, 2, Answer::none);
    return fail(ErrorKind::unavailable, "eth0: the link went away");
  };
  PortCollector collector(options_for(ports(1, 3)),
                          std::make_unique<ScriptedEngine>("scripted", script));
  std::vector<CollectTarget> targets;
  for (std::uint64_t i = 0; i <= scan::kMaxTargets; ++i) {
    targets.push_back(target("n", "198.19.0.0"));
    targets.back().address = address("198.19.0.0").plus(i);
  }
  Recorder recorder;
  const auto summary = collector.collect(targets, recorder, {});
  ASSERT_TRUE(summary) << "part of it is known";
  EXPECT_EQ(runs, 1U) << "the next shard would fail as well";
  EXPECT_TRUE(summary->interrupted);
  EXPECT_EQ(summary->problem, "eth0: the link went away");
  EXPECT_THAT(recorder.seen_at("198.19.0.0"), ElementsAre("1 open syn-ack"));
  ASSERT_THAT(recorder.coverage, SizeIs(targets.size()));
  for (const Coverage& each : recorder.coverage) EXPECT_EQ(each.gap, CoverageGap::interrupted);
}

TEST(PortCollector, AnEngineThatCannotBeginIsAnError) {
  const auto script = [](const Plan&, const ResultTable&,
                         const std::vector<std::uint32_t>&) -> Result<void> {
    return fail(ErrorKind::denied, "CAP_NET_RAW is missing");
  };
  PortCollector collector(options_for(ports(1, 3)),
                          std::make_unique<ScriptedEngine>("scripted", script));
  Recorder recorder;
  const auto summary = collector.collect(kFour, recorder, {});
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().kind(), ErrorKind::denied);
  EXPECT_EQ(summary.error().message(), "CAP_NET_RAW is missing");
}

}  // namespace
}  // namespace lockstep
