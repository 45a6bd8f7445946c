#include "analysis/confirm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "analysis/test_world.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const IpAddress kSix = IpAddress::parse("fd00::1").value();

std::vector<Suspect> suspects_in(const World& world) {
  return world.judged_by([](const JudgeInput& input) { return suspects_of(input, judge(input)); });
}

Suspect suspect(int number, Port port, FindingKind kind = FindingKind::unexpected_port) {
  return {fmt::format("n{}", number), "management", address_of(number), Protocol::tcp, port, kind};
}

TEST(Suspects, AreWhatLooksWrongAtOnePort) {
  World world(2);
  world.show(1, 4444, PortState::open);
  world.show(2, 31337, PortState::filtered);
  world.hide(2, 6818);
  EXPECT_THAT(suspects_in(world),
              ElementsAre(suspect(1, 4444), suspect(2, 6818, FindingKind::missing_port),
                          suspect(2, 31337, FindingKind::unexpected_filtered)));
}

TEST(Suspects, MayBeAtEveryAddressWhereTheyAreMissing) {
  World world(1);
  world.add_address(1, kSix, {});
  world.hide(1, 6818);
  const auto suspects = suspects_in(world);
  ASSERT_THAT(suspects, SizeIs(2));
  EXPECT_EQ(suspects[0].address, address_of(1));
  EXPECT_EQ(suspects[1].address, kSix);
}

TEST(Suspects, AreAskedWhereTheyAreOpen) {
  World world(1);
  world.add_address(1, kSix, {4444});
  const auto suspects = suspects_in(world);
  ASSERT_THAT(suspects, SizeIs(1));
  EXPECT_EQ(suspects[0].address, kSix);
}

TEST(Suspects, AreNoneOfWhatStandsForManyPortsOrForNone) {
  World world(3);
  for (Port port = 1000; port < 1000 + 20; ++port) world.show(1, port, PortState::filtered);
  world.coverage[1].gap = CoverageGap::interrupted;
  world.coverage[2] = none(world.coverage[2], CoverageGap::unreachable);
  PortSet users;
  users.insert_range(5000, 6000);
  world.severities.set_user_ports("compute", users);
  world.show(1, 5000, PortState::open);
  world.approved.emplace();
  EXPECT_THAT(suspects_in(world), IsEmpty());
}

std::size_t probes_of(const Reask& reask) {
  return reask.addresses.size() * reask.ports.size();
}

TEST(PlanReasks, AsksNothingOfNobody) {
  EXPECT_THAT(plan_reasks({}), IsEmpty());
}

TEST(PlanReasks, TakesOneGoForWhatIsAlike) {
  std::vector<Suspect> suspects;
  for (int node = 1; node <= 9000; ++node) {
    for (const Port port : {Port{111}, Port{6818}}) suspects.push_back(suspect(node, port));
  }
  const auto reasks = plan_reasks(suspects);
  ASSERT_THAT(reasks, SizeIs(1));
  EXPECT_EQ(probes_of(reasks[0]), suspects.size());
}

TEST(PlanReasks, DoesNotMultiplyManyNodesByManyPorts) {
  std::vector<Suspect> suspects;
  for (int node = 1; node <= 2000; ++node) suspects.push_back(suspect(node, 22));
  for (Port port = 1000; port < 1200; ++port) suspects.push_back(suspect(3000, port));
  std::size_t probes = 0;
  for (const Reask& reask : plan_reasks(suspects)) probes += probes_of(reask);
  EXPECT_LE(probes, 2 * suspects.size());
}

TEST(PlanReasks, AsksAtMostTwiceWhatIsSuspected) {
  std::vector<Suspect> suspects;
  for (int node = 1; node <= 6000; ++node) {
    suspects.push_back(suspect(node, static_cast<Port>(22 + node % 3)));
  }
  std::size_t probes = 0;
  for (const Reask& reask : plan_reasks(suspects)) probes += probes_of(reask);
  EXPECT_LE(probes, 2 * suspects.size());
}

RC_GTEST_PROP(PlanReasks, AsksEachSuspectInOneGoAndNotMuchElse, ()) {
  const int nodes = *rc::gen::inRange(1, 60);
  const int ports = *rc::gen::inRange(1, 400);
  const int count = *rc::gen::inRange(0, 3000);
  std::uint32_t random = *rc::gen::arbitrary<std::uint32_t>();
  const auto next = [&](int below) {
    random = random * 1664525U + 1013904223U;
    return static_cast<int>((random >> 8) % static_cast<std::uint32_t>(below));
  };
  std::set<Suspect> suspects;
  for (int i = 0; i < count; ++i) {
    suspects.insert(suspect(1 + next(nodes), static_cast<Port>(1 + next(ports))));
  }
  const std::vector<Suspect> all(suspects.begin(), suspects.end());
  const auto reasks = plan_reasks(all);
  std::map<IpAddress, const Reask*> asked;
  for (const Reask& reask : reasks) {
    RC_ASSERT(std::ranges::is_sorted(reask.addresses));
    for (const IpAddress& address : reask.addresses) {
      RC_ASSERT(asked.emplace(address, &reask).second);
    }
  }
  std::map<const Reask*, std::size_t> within;
  for (const Suspect& each : all) {
    const Reask* const reask = asked.at(each.address);
    RC_ASSERT(reask->ports.contains(each.port));
    ++within[reask];
  }
  for (const Reask& reask : reasks) {
    RC_ASSERT(probes_of(reask) <= std::max<std::size_t>(4096, 2 * within[&reask]));
  }
}

/// One suspect on n1, and what it answers when it is asked again.
struct Case {
  const char* description;
  std::optional<PortState> was;
  std::optional<PortState> answers;  ///< none: closed, or nothing where it was not examined
  bool examined;
  std::optional<PortState> is;
  bool transient;
};

TEST(ApplyReask, CorrectsWhatWasSeen) {
  constexpr auto kOpen = PortState::open;
  constexpr auto kFiltered = PortState::filtered;
  const std::optional<PortState> kClosed;
  const Case kCases[] = {
      {"open, and still so", kOpen, kOpen, true, kOpen, false},
      {"open, then silent: it has not gone", kOpen, kFiltered, true, kOpen, false},
      {"open, then closed", kOpen, kClosed, true, {}, true},
      {"open, then closed in so many words", kOpen, PortState::closed, true, {}, true},
      {"open, then not asked", kOpen, kClosed, false, kOpen, false},
      {"open, and still so at an address that was not examined", kOpen, kOpen, false, kOpen, false},
      {"silent, then open", kFiltered, kOpen, true, kOpen, false},
      {"silent, and still so", kFiltered, kFiltered, true, kFiltered, false},
      {"silent, then closed: a lost packet", kFiltered, kClosed, true, {}, false},
      {"silent, then not asked", kFiltered, kClosed, false, kFiltered, false},
      {"missing, then open", kClosed, kOpen, true, kOpen, false},
      {"missing, then silent", kClosed, kFiltered, true, {}, false},
      {"missing, and still so", kClosed, kClosed, true, {}, false},
      {"missing, then not asked", kClosed, kClosed, false, {}, false},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.description);
    World before(2, {});
    if (row.was) before.show(1, 4444, *row.was);
    before.show(2, 4444, PortState::open);  // no suspect: nothing may happen to it
    World again(1, {});
    if (row.answers) again.show(1, 4444, *row.answers, Evidence::rst);
    if (!row.examined) again.coverage[0].gap = CoverageGap::interrupted;
    std::vector<PortObservation> transient;
    apply_reask(std::vector{suspect(1, 4444)}, again.observations, again.coverage,
                before.observations, transient);
    std::optional<PortState> is;
    for (const PortObservation& seen : before.observations) {
      if (seen.node == "n1") is = seen.state;
    }
    EXPECT_EQ(is, row.is);
    EXPECT_THAT(before.observations, SizeIs(row.is ? 2 : 1));
    EXPECT_THAT(transient, SizeIs(row.transient ? 1 : 0));
    for (const PortObservation& each : transient) EXPECT_EQ(each.state, PortState::open);
  }
}

TEST(ApplyReask, TakesTheLatestEvidence) {
  World before(1, {});
  before.show(1, 4444, PortState::filtered, Evidence::icmp_unreachable);
  World again(1, {});
  again.show(1, 4444, PortState::open, Evidence::syn_ack);
  std::vector<PortObservation> transient;
  apply_reask(std::vector{suspect(1, 4444)}, again.observations, again.coverage,
              before.observations, transient);
  EXPECT_EQ(before.observations, again.observations);
}

TEST(ApplyReask, TellsTheAddressesOfANodeApart) {
  World world(1);
  world.add_address(1, kSix, {22, 111, 6818, 4444});
  world.show(1, 4444, PortState::open);
  World again(1, {});
  again.add_address(1, kSix, {4444});
  std::vector<PortObservation> transient;
  apply_reask(suspects_in(world), again.observations, again.coverage, world.observations,
              transient);
  ASSERT_THAT(transient, SizeIs(1));
  EXPECT_EQ(transient[0].address, address_of(1));
  ASSERT_THAT(suspects_in(world), SizeIs(1));
  EXPECT_EQ(suspects_in(world)[0].address, kSix);
}

TEST(ApplyReask, TellsTheNodesOfAFloatingAddressApart) {
  const Suspect first = suspect(1, 4444);
  Suspect second = first;
  second.node = "n2";
  World before(1, {});
  before.show(1, 4444, PortState::open);
  before.observations.push_back(before.observations[0]);
  before.observations[1].node = "n2";
  const World again(1, {});
  std::vector<PortObservation> transient;
  apply_reask(std::vector{first, second}, again.observations, again.coverage, before.observations,
              transient);
  EXPECT_THAT(transient, SizeIs(1)) << "n2 was not asked";
  ASSERT_THAT(before.observations, SizeIs(1));
  EXPECT_EQ(before.observations[0].node, "n2");
}

TEST(ApplyReask, LeavesTheOtherProtocolAlone) {
  World before(1, {});
  before.show(1, 53, PortState::open);
  before.observations.push_back(before.observations[0]);
  before.observations[1].protocol = Protocol::udp;
  const World again(1, {});
  std::vector<PortObservation> transient;
  apply_reask(std::vector{suspect(1, 53)}, again.observations, again.coverage, before.observations,
              transient);
  ASSERT_THAT(before.observations, SizeIs(1));
  EXPECT_EQ(before.observations[0].protocol, Protocol::udp);
}

/// A collector stops listing where very many ports are silent.
TEST(ApplyReask, TakesNoPortForClosedThatMayOnlyNotBeListed) {
  World before(1, {});
  before.show(1, 40000, PortState::open);
  World again(1, {});
  for (Port port = 1; port <= 1024; ++port) again.show(1, port, PortState::filtered);
  again.count(1);
  again.coverage[0].unanswered += 976;
  again.coverage[0].answered -= 976;
  again.coverage[0].closed -= 976;
  std::vector<PortObservation> transient;
  apply_reask(std::vector{suspect(1, 40000)}, again.observations, again.coverage,
              before.observations, transient);
  EXPECT_THAT(before.observations, SizeIs(1));
  EXPECT_THAT(transient, IsEmpty());
}

TEST(ApplyReask, AddsWhatIsThereOnce) {
  World before(1, {});
  World again(1, {});
  again.show(1, 22, PortState::open);
  const std::vector suspects = {suspect(1, 22, FindingKind::missing_port),
                                suspect(1, 22, FindingKind::unexpected_filtered)};
  std::vector<PortObservation> transient;
  apply_reask(suspects, again.observations, again.coverage, before.observations, transient);
  EXPECT_EQ(before.observations, again.observations);
}

/// No answer loses an open port without a word: it stays, or it was transient.
RC_GTEST_PROP(ApplyReask, LosesNoListener, (const std::map<Port, bool>& ports)) {
  World before(1, {});
  World again(1, {});
  std::set<Port> open;
  std::vector<Suspect> suspects;
  for (const auto& [port, was_open] : ports) {
    before.show(1, port, was_open ? PortState::open : PortState::filtered);
    if (was_open) open.insert(port);
    if (*rc::gen::arbitrary<bool>()) suspects.push_back(suspect(1, port));
    const auto answers = *rc::gen::element(PortState::open, PortState::closed, PortState::filtered);
    if (answers != PortState::closed) again.show(1, port, answers);
  }
  again.count(1);
  std::vector<PortObservation> transient;
  apply_reask(suspects, again.observations, again.coverage, before.observations, transient);
  std::set<Port> kept;
  for (const PortObservation& seen : before.observations) {
    if (seen.state == PortState::open) kept.insert(seen.port);
  }
  for (const PortObservation& seen : transient) RC_ASSERT(kept.insert(seen.port).second);
  RC_ASSERT(std::ranges::includes(kept, open));
}

}  // namespace
}  // namespace lockstep
