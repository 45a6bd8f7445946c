#include "sweep/pass.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

const WallTime kNow(std::chrono::seconds(1'700'000'000));

Inventory two_nodes() {
  Inventory inventory;
  for (const char* const name : {"n1", "n2"}) inventory.nodes[name].name = name;
  return inventory;
}

Look look_at(const std::string& node, std::size_t ports, WallTime looked, bool examined,
             CoverageGap gap = CoverageGap::none) {
  Look look;
  look.node = node;
  look.address = *IpAddress::parse("198.18.0.1");
  look.ports = ports;
  look.looked = looked;
  if (examined) look.examined = looked;
  look.gap = gap;
  return look;
}

TEST(Blocks, AreTheSameForTheSamePorts) {
  const auto blocks = blocks_of(PortSet::all());
  ASSERT_EQ(blocks.size(), 64U);
  EXPECT_EQ(blocks.front().to_string(), "1-1024");
  EXPECT_EQ(blocks.back().to_string(), "64513-65535");
  PortSets both;
  both.of(Protocol::tcp).insert(22);
  both.of(Protocol::udp).insert_range(1, 65);
  const auto mixed = blocks_of(both);
  ASSERT_EQ(mixed.size(), 3U);
  EXPECT_EQ(mixed[0].to_string(), "22");
  EXPECT_EQ(mixed[2].to_string(), "udp:65");
}

TEST(Due, GoesByNodeAndState) {
  const DueRule rule{.interval = hours(1), .slack = minutes(1), .overdue = days(1)};
  struct Case {
    const char* description;
    LastLook last;
    BusyNodes busy;
    Due expected;
  };
  const auto ago = [](auto age) { return std::optional<WallTime>(kNow - age); };
  const Case cases[] = {
      {"never seen", {}, BusyNodes::overdue, Due::always},
      {"new", {{}, {}, ago(minutes(5))}, BusyNodes::overdue, Due::if_idle},
      {"never examined for so long", {{}, {}, ago(days(1))}, BusyNodes::overdue, Due::always},
      {"examined since it is known",
       {ago(hours(2)), ago(hours(2)), ago(days(9))},
       BusyNodes::overdue,
       Due::if_idle},
      {"never seen, and busy ones are left", {}, BusyNodes::leave, Due::if_idle},
      {"just seen", {ago(minutes(5)), ago(minutes(5))}, BusyNodes::scan, Due::no},
      {"an interval ago", {ago(hours(1)), ago(hours(1))}, BusyNodes::overdue, Due::if_idle},
      {"nearly so", {ago(minutes(59)), ago(minutes(59))}, BusyNodes::overdue, Due::if_idle},
      {"the same where all are scanned",
       {ago(hours(1)), ago(hours(1))},
       BusyNodes::scan,
       Due::always},
      {"tried lately, examined long ago",
       {ago(minutes(5)), ago(days(3))},
       BusyNodes::overdue,
       Due::no},
      {"overdue", {ago(hours(2)), ago(days(1))}, BusyNodes::overdue, Due::always},
      {"the clock was set back since",
       {ago(-hours(1)), ago(-hours(1))},
       BusyNodes::overdue,
       Due::always},
  };
  for (const Case& each : cases) {
    DueRule asked = rule;
    asked.busy = each.busy;
    EXPECT_EQ(due(each.last, asked, kNow), each.expected) << each.description;
  }
}

TEST(LookHistory, CountsWhatLiesWithin) {
  const auto blocks = blocks_of(PortSet::all());
  Looks looks;
  looks.port_sets = {PortSets(PortSet::all()), blocks[1]};
  looks.looks = {look_at("n1", 0, kNow - hours(9), true), look_at("n1", 1, kNow - hours(1), true),
                 look_at("n2", 1, kNow - hours(1), false, CoverageGap::left),
                 look_at("gone", 0, kNow, true)};
  const LookHistory history(looks, blocks, two_nodes());
  EXPECT_EQ(history.of("n1", 0).examined, kNow - hours(9));
  EXPECT_EQ(history.of("n1", 1).examined, kNow - hours(1));
  EXPECT_FALSE(history.of("n2", 1).attempted) << "what was broken off is tried again";
  EXPECT_FALSE(history.of("gone", 0).attempted);
}

TEST(LookHistory, OfSeveralAddressesTheLeastRecentCounts) {
  const auto blocks = blocks_of(PortSet::all());
  Looks looks;
  looks.port_sets = {blocks[0]};
  looks.looks = {look_at("n1", 0, kNow - hours(2), true), look_at("n1", 0, kNow - hours(1), true)};
  looks.looks[1].address = *IpAddress::parse("198.18.0.2");
  Inventory inventory = two_nodes();
  EXPECT_EQ(LookHistory(looks, blocks, inventory).of("n1", 0).examined, kNow - hours(2));
  inventory.nodes["n1"].addresses = {{*IpAddress::parse("198.18.0.2"), "x"}};
  EXPECT_EQ(LookHistory(looks, blocks, inventory).of("n1", 0).examined, kNow - hours(1))
      << "an address that it has no more";
}

std::vector<NodeSchedule> say(const std::vector<std::string>& nodes, SchedulerState state) {
  std::vector<NodeSchedule> said;
  for (const std::string& node : nodes) {
    said.emplace_back();
    said.back().node = node;
    said.back().state = state;
  }
  return said;
}

TEST(Pass, AsksIdleNodesAndThoseThatAreOverdue) {
  const auto blocks = blocks_of(PortSet::all());
  Looks looks;
  looks.port_sets = {blocks[0]};
  looks.looks = {look_at("n1", 0, kNow - hours(2), true)};
  const LookHistory looked(looks, blocks, two_nodes());
  const Pass::History history = [&](const auto& node, std::size_t block) {
    return looked.of(node, block);
  };
  const DueRule rule{.interval = hours(1), .slack = {}, .overdue = days(1)};
  const auto first = std::span(blocks).first(1);
  for (const auto state : {SchedulerState::idle, SchedulerState::allocated, SchedulerState::unknown,
                           SchedulerState::powered_down}) {
    Pass pass(first, {"n1", "n2"}, history, rule, kNow, 100);
    EXPECT_EQ(pass.nodes(), 2U);
    const auto step = pass.next([&](const auto& nodes) { return say(nodes, state); });
    if (state == SchedulerState::idle) {
      ASSERT_TRUE(step);
      EXPECT_EQ(step->nodes, (std::vector<std::string>{"n1", "n2"}));
      EXPECT_EQ(step->idle, (std::set<std::string>{"n1", "n2"}))
          << "an overdue one is left to a job too, and asked later";
    } else if (state == SchedulerState::powered_down) {
      EXPECT_FALSE(step);
      EXPECT_EQ(pass.passed_over().withdrawn.size(), 2U);
    } else {
      ASSERT_TRUE(step);
      EXPECT_EQ(step->nodes, std::vector<std::string>{"n2"}) << "never examined: overdue";
      EXPECT_EQ(pass.passed_over().busy.size(), 1U);
    }
  }
}

TEST(Pass, LeavesNobodyToJobsWhereAllAreAsked) {
  const auto blocks = blocks_of(PortSet::all());
  const DueRule rule{
      .interval = hours(1), .slack = {}, .overdue = days(1), .busy = BusyNodes::scan};
  const Pass::History never = [](const auto&, std::size_t) { return LastLook{}; };
  const auto first = std::span(blocks).first(1);
  Pass pass(first, {"n1"}, never, rule, kNow, 100);
  const auto step = pass.next([](const auto& nodes) { return say(nodes, SchedulerState::idle); });
  ASSERT_TRUE(step);
  EXPECT_TRUE(step->idle.empty());
}

TEST(Pass, GoesInStepsThatAreShort) {
  const auto blocks = blocks_of(PortSet::all());
  const Pass::History history = [](const auto&, std::size_t) { return LastLook{}; };
  const DueRule rule{.interval = hours(1), .slack = {}, .overdue = days(1)};
  Pass pass(blocks, {"n1", "n2"}, history, rule, kNow, 1);
  EXPECT_EQ(pass.steps_left(), 128U);
  EXPECT_EQ(nodes_a_step(1024, PacketsPerSecond(20'000)), 1171U);
  EXPECT_EQ(nodes_a_step(1, PacketsPerSecond::unlimited()), 4096U);
  EXPECT_EQ(nodes_a_step(65535, PacketsPerSecond(1)), 1U);
}

}  // namespace
}  // namespace lockstep
