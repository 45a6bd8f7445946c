// Collections that are stopped, and nodes that are left, in the middle.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "collectors/ports/port_collector.h"
#include "collectors/ports/test_ports.h"
#include "net/io/memory.h"
#include "scan/packet_engine.h"

namespace lockstep {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(PortCollector, StoppedBeforeItBeginsSendsNothing) {
  PacketRun run(ports(1, 10));
  run.network.add(address("198.18.0.1"), {.open = ports(5, 5)});
  const std::atomic<bool> stop{true};
  run.control.stop = &stop;
  const auto summary = run.collect({target("n1", "198.18.0.1"), target("n2", "198.18.0.2")});
  ASSERT_TRUE(summary);
  EXPECT_TRUE(summary->interrupted);
  EXPECT_EQ(summary->probes_sent, 0U);
  EXPECT_THAT(run.recorder.observations, IsEmpty());
  ASSERT_THAT(run.recorder.coverage, SizeIs(2));
  for (const Coverage& coverage : run.recorder.coverage) {
    EXPECT_EQ(coverage.gap, CoverageGap::interrupted);
    EXPECT_EQ(coverage.wanted, 10U);
    EXPECT_EQ(coverage.asked, 0U);
  }
}

/// Asks all ports of each target but gets only a few answers, then waits until it is stopped.
Result<void> half_answered_then_wait(const Plan& plan, const ResultTable& table,
                                     const std::vector<std::uint32_t>& targets) {
  for (const std::uint32_t i : targets) {
    for (const Port port : plan.ports) {
      ask(table, i, port,
          port == 1   ? Answer::open
          : port == 2 ? Answer::unreachable
                      : Answer::none);
    }
  }
  table.run().pass = 1;
  table.run().planned = plan.ports.size() * targets.size() * 2;
  table.run().pass_sent = plan.ports.size() * targets.size();
  while (!table.run().stop) std::this_thread::yield();
  return {};
}

TEST(PortCollector, InterruptionNeverMakesSilenceAFilter) {
  PortCollector collector(options_for(ports(1, 50)),
                          std::make_unique<ScriptedEngine>("scripted", half_answered_then_wait));
  std::atomic<bool> stop{false};
  CollectProgress last;
  const CollectControl control{.stop = &stop, .progress = [&](const CollectProgress& progress) {
                                 last = progress;
                                 stop = true;
                               }};
  Recorder recorder;
  const auto summary = collector.collect({target("n1", "198.18.0.1")}, recorder, control);
  ASSERT_TRUE(summary);
  EXPECT_TRUE(summary->interrupted);
  EXPECT_EQ(summary->problem, "");
  EXPECT_THAT(recorder.seen_at("198.18.0.1"),
              ElementsAre("1 open syn-ack", "2 filtered icmp-unreachable"));
  EXPECT_EQ(recorder.coverage.at(0).gap, CoverageGap::interrupted);
  EXPECT_FALSE(recorder.coverage.at(0).examined());
  EXPECT_EQ(last.done, 50U);
  EXPECT_EQ(last.planned, 100U);
  EXPECT_EQ(last.pass, 1U);
  EXPECT_EQ(last.open_ports, 1U);
  EXPECT_GT(last.elapsed.count(), 0);
}

TEST(PortCollector, ANodeThatIsLeftKeepsWhatWasFoundAndHasItsGap) {
  LeaveList leave;
  leave.add("n3");
  const auto script = [&](const Plan& plan, const ResultTable& table,
                          const std::vector<std::uint32_t>&) -> Result<void> {
    EXPECT_TRUE(table.is_left(2)) << "known before the first probe";
    EXPECT_FALSE(table.is_left(0));
    ask(table, 0, 1, Answer::open);
    ask(table, 0, 2, Answer::closed);
    ask(table, 0, 3, Answer::none);
    for (const Port port : plan.ports) ask(table, 1, port, Answer::closed);
    leave.add("n1");
    leave.add("n2");
    while (!table.is_left(0) || !table.is_left(1)) std::this_thread::yield();
    return {};
  };
  PortCollector collector(options_for(ports(1, 20)),
                          std::make_unique<ScriptedEngine>("scripted", script));
  CollectControl control;
  control.leave = &leave;
  Recorder recorder;
  const auto summary = collector.collect({target("n1", "198.18.0.1"), target("n2", "198.18.0.2"),
                                          target("n3", "198.18.0.3"), target("n4", "198.18.0.4")},
                                         recorder, control);
  ASSERT_TRUE(summary);
  EXPECT_FALSE(summary->interrupted);
  EXPECT_THAT(recorder.seen_at("198.18.0.1"), ElementsAre("1 open syn-ack")) << "and no filter";
  EXPECT_EQ(recorder.coverage_of(address("198.18.0.1"))->gap, CoverageGap::left);
  EXPECT_EQ(recorder.coverage_of(address("198.18.0.2"))->gap, CoverageGap::none) << "all was asked";
  EXPECT_EQ(recorder.coverage_of(address("198.18.0.3"))->gap, CoverageGap::left);
  EXPECT_EQ(recorder.coverage_of(address("198.18.0.4"))->gap, CoverageGap::unreachable);
}

TEST(PortCollector, TargetsThatWereDoneBeforeTheInterruptionStayProven) {
  const auto script = [](const Plan& plan, const ResultTable& table,
                         const std::vector<std::uint32_t>&) -> Result<void> {
    for (const Port port : plan.ports) ask(table, 0, port, Answer::closed);
    ask(table, 1, 1, Answer::closed);
    while (!table.run().stop) std::this_thread::yield();
    return {};
  };
  PortCollector collector(options_for(ports(1, 20)),
                          std::make_unique<ScriptedEngine>("scripted", script));
  std::atomic<bool> stop{false};
  const CollectControl control{.stop = &stop,
                               .progress = [&](const CollectProgress&) { stop = true; }};
  Recorder recorder;
  ASSERT_TRUE(collector.collect({target("n1", "198.18.0.1"), target("n2", "198.18.0.2")}, recorder,
                                control));
  EXPECT_EQ(recorder.coverage_of(address("198.18.0.1"))->gap, CoverageGap::none);
  EXPECT_EQ(recorder.coverage_of(address("198.18.0.2"))->gap, CoverageGap::interrupted);
  EXPECT_THAT(recorder.observations, IsEmpty());
}

TEST(PortCollector, StoppedInTheFirstShardBeginsNoOther) {
  std::size_t runs = 0;
  std::atomic<bool> stop{false};
  const auto script = [&](const Plan& plan, const ResultTable& table,
                          const std::vector<std::uint32_t>& asked) {
    ++runs;
    return ask_all(plan, table, asked);
  };
  PortCollector collector(options_for(ports(7, 7)),
                          std::make_unique<ScriptedEngine>("scripted", script));
  std::vector<CollectTarget> targets;
  for (std::uint64_t i = 0; i < scan::kMaxTargets + 2; ++i) {
    targets.push_back(target("n", "198.18.0.0"));
    targets.back().address = address("198.19.0.0").plus(i);
  }
  Recorder recorder;
  recorder.on_report = [&] { stop = true; };
  const auto summary = collector.collect(targets, recorder, {.stop = &stop, .progress = {}});
  ASSERT_TRUE(summary);
  EXPECT_EQ(runs, 1U);
  EXPECT_TRUE(summary->interrupted);
  ASSERT_THAT(recorder.coverage, SizeIs(scan::kMaxTargets + 2));
  EXPECT_EQ(recorder.coverage.front().gap, CoverageGap::none);
  EXPECT_EQ(recorder.coverage.back().gap, CoverageGap::interrupted);
}

}  // namespace
}  // namespace lockstep
