#include "analysis/judge.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

#include "analysis/test_world.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Judge, FindsEachKindOfDifference) {
  const struct {
    const char* description;
    std::function<void(World&)> change;
    std::vector<std::string> told;
  } kRows[] = {
      {"clones of the profile", [](World&) {}, {}},
      {"a listener that no class expects",
       [](World& w) { w.show(2, 4444, PortState::open, Evidence::syn_ack); },
       {"high unexpected-port compute n2 4444/tcp open []"}},
      {"a silent port beside ports that answer",
       [](World& w) {
         w.show(1, 31337, PortState::filtered);
         w.coverage[0].gap = CoverageGap::unanswered;
       },
       {"high unexpected-filtered compute n1 31337/tcp filtered [silent]"}},
      {"a port refused by ICMP",
       [](World& w) { w.show(1, 31337, PortState::filtered, Evidence::icmp_unreachable); },
       {"high unexpected-filtered compute n1 31337/tcp filtered [refused by ICMP]"}},
      {"a daemon killed",
       [](World& w) { w.hide(1, 6818); },
       {"low missing-port compute n1 6818/tcp closed [answered closed]"}},
      {"an expected port behind a filter",
       [](World& w) { w.show(1, 6818, PortState::filtered); },
       {"low missing-port compute n1 6818/tcp filtered [silent]"}},
      {"a port that the sweep did not ask for",
       [](World& w) {
         w.hide(1, 6818);
         w.wanted = PortSet();
         w.wanted.of(Protocol::tcp).insert_range(1, 1024);
       },
       {}},
      {"a closed port that a collector reports",
       [](World& w) { w.show(1, 80, PortState::closed, Evidence::rst); },
       {}},
      {"a node that gives no answer",
       [](World& w) {
         for (const Port port : {Port{22}, Port{111}, Port{6818}}) w.hide(1, port);
         w.coverage[0].gap = CoverageGap::unreachable;
         w.coverage[0].answered = 0;
       },
       {"low node-unreachable compute n1 - []"}},
      {"a node that was left to a job, with what was found till then",
       [](World& w) {
         w.hide(1, 6818);
         w.show(1, 4444, PortState::open, Evidence::syn_ack);
         w.coverage[0].gap = CoverageGap::left;
         w.coverage[0].asked = 700;
       },
       {"high unexpected-port compute n1 4444/tcp open []"}},
      {"a sweep that was stopped, with what it had found",
       [](World& w) {
         w.hide(1, 6818);
         w.show(1, 4444, PortState::open, Evidence::syn_ack);
         w.show(1, 31337, PortState::filtered);
         w.coverage[0].gap = CoverageGap::interrupted;
         w.coverage[0].asked = 700;
       },
       {"high unexpected-port compute n1 4444/tcp open []",
        "medium coverage-gap compute n1 - [the sweep was stopped: not all of 65,535 ports "
        "examined]"}},
      {"an address outside the fence",
       [](World& w) {
         for (const Port port : {Port{22}, Port{111}, Port{6818}}) w.hide(1, port);
         w.coverage[0] = none(w.coverage[0], CoverageGap::outside_fence);
       },
       {"medium coverage-gap compute n1 - [the fence or the exclude list forbids it: none of 100 "
        "ports examined]"}},
      {"a name without an address",
       [](World& w) {
         for (const Port port : {Port{22}, Port{111}, Port{6818}}) w.hide(1, port);
         w.coverage[0] = none(w.coverage[0], CoverageGap::not_resolved);
         w.coverage[0].note = "timed out";
       },
       {"medium coverage-gap compute n1 - [its name has no address: none of 100 ports examined "
        "(timed out)]"}},
      {"ports left out without a word",
       [](World& w) {
         w.hide(1, 6818);
         w.coverage[0].asked = 65534;
       },
       {"medium coverage-gap compute n1 - [not every port was asked: not all of 65,535 ports "
        "examined]"}},
      {"a class without a profile",
       [](World& w) { w.nodes[1].classes = {"gpu"}; },
       {"medium coverage-gap gpu n2 - [no profile for gpu: learn and approve one first]"}},
      {"a second class without a profile",
       [](World& w) {
         w.nodes[1].classes = {"compute", "gpu"};
         w.show(2, 9400, PortState::open, Evidence::syn_ack);
       },
       {"medium coverage-gap compute+gpu n2 - [no profile for gpu: learn and approve one first]"}},
      {"two classes: their union is expected",
       [](World& w) {
         w.profiles.push_back({"gpu", {{9400, Protocol::tcp, "", ""}}, {}});
         w.nodes[0].classes = {"compute", "gpu"};
         w.nodes[1].classes = {"compute", "gpu"};
         w.show(2, 9400, PortState::open, Evidence::syn_ack);
       },
       {"low missing-port compute+gpu n1 9400/tcp closed [answered closed]"}},
      {"a network without a profile",
       [](World& w) {
         w.coverage[1].network = "hsn";
         for (PortObservation& seen : w.observations) {
           if (seen.node == "n2") seen.network = "hsn";
         }
       },
       {"medium coverage-gap compute n2 - [no profile for compute@hsn: learn and approve one "
        "first]"}},
      {"a node in no class",
       [](World& w) { w.nodes[1].classes.clear(); },
       {"medium coverage-gap  n2 - [it is in no class: nothing to compare it with]"}},
      {"a node that the sweep forgot",
       [](World& w) {
         w.nodes.push_back({"n3", {"compute"}, "", {}});
       },
       {"medium coverage-gap compute n3 - [the sweep left no record of it]"}},
      {"observations without a coverage record",
       [](World& w) {
         w.coverage.pop_back();
         w.show(2, 31337, PortState::filtered);
         w.hide(2, 22);
       },
       {"medium coverage-gap compute n2 - [the sweep left no record of what it examined]"}},
      {"facts about a node that was not asked for",
       [](World& w) {
         w.nodes.pop_back();
         w.show(2, 4444, PortState::open, Evidence::syn_ack);
       },
       {}},
      {"the same port of the other protocol",
       [](World& w) {
         w.profiles[0].ports.push_back({9999, Protocol::udp, "", ""});
         w.show(1, 9999, PortState::open, Evidence::syn_ack);
       },
       {"high unexpected-port compute n1 9999/tcp open []"}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    World world(2);
    row.change(world);
    EXPECT_THAT(world.told(), testing::UnorderedElementsAreArray(row.told));
  }
}

const IpAddress kSix = IpAddress::parse("fd00::1").value();

TEST(Judge, FindsAPortThatOneOfTwoAddressesShows) {
  World world(1);
  world.add_address(1, kSix, {22});
  EXPECT_THAT(world.told(), IsEmpty());
  world.hide(1, 6818);
  EXPECT_THAT(world.told(),
              ElementsAre("low missing-port compute n1 6818/tcp closed [answered closed]"));
}

TEST(Judge, DoesNotMissAPortThatMayBeAtAnUnreachableAddress) {
  World world(1);
  world.hide(1, 6818);
  world.add_address(1, kSix, {}, CoverageGap::unreachable);
  EXPECT_THAT(world.told(), ElementsAre("low node-unreachable compute n1 - []"));
}

TEST(Judge, TellsOfAFirewallInOneFinding) {
  World world(1);
  world.coverage[0].gap = CoverageGap::unanswered;
  for (Port port = 1000; port < 1000 + kMostFilteredFindings; ++port) {
    world.show(1, port, PortState::filtered);
  }
  EXPECT_THAT(world.judge(), SizeIs(kMostFilteredFindings)) << "one each, up to the bound";
  world.show(1, 2000, PortState::filtered);
  EXPECT_THAT(world.told(), ElementsAre("high unexpected-filtered compute n1 */tcp filtered "
                                        "[silent, 17 ports: 1000-1015,2000]"));

  for (Port port = 3000; port < 5000; port += 2) world.show(1, port, PortState::filtered);
  const auto findings = world.judge();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_LT(findings[0].detail.size(), 200U);
  EXPECT_THAT(findings[0].detail, testing::EndsWith(",..."));
}

TEST(Judge, TellsOfATarpitInOneFinding) {
  World world(1, {22});
  for (std::uint32_t port = 1; port <= 65535; ++port) {
    world.observations.push_back({"n1", address_of(1), "management", Protocol::tcp,
                                  static_cast<Port>(port), PortState::open, Evidence::syn_ack});
  }
  EXPECT_THAT(world.told(), ElementsAre("high unexpected-port compute n1 */tcp open "
                                        "[65,534 ports: 1-21,23-65535]"));
}

RC_GTEST_PROP(Judge, FindsNothingInClones, (const std::set<Port>& profile)) {
  RC_PRE(!profile.contains(0));
  const World world(*rc::gen::inRange(1, 8), profile);
  RC_ASSERT(world.judge().empty());
}

/// Changes the state of `port` on n1 in a way that is a difference; returns its kind.
FindingKind plant(World& world, int node, Port port, bool expected) {
  if (expected) {
    if (*rc::gen::arbitrary<bool>()) {
      world.hide(node, port);
    } else {
      world.show(node, port, PortState::filtered);
    }
    return FindingKind::missing_port;
  }
  const bool open = *rc::gen::arbitrary<bool>();
  world.show(node, port, open ? PortState::open : PortState::filtered);
  return open ? FindingKind::unexpected_port : FindingKind::unexpected_filtered;
}

using Planted = std::set<std::tuple<std::string, Port, FindingKind>>;

RC_GTEST_PROP(Judge, FindsExactlyWhatWasPlanted, (const std::set<Port>& profile)) {
  RC_PRE(!profile.contains(0));
  World world(4, profile);
  Planted planted;
  for (int node = 1; node <= 4; ++node) {
    std::set<Port> ports;
    const std::size_t most = kMostFilteredFindings;
    for (const Port port : *rc::gen::arbitrary<std::set<Port>>()) {
      if (port != 0 && ports.size() < most) ports.insert(port);
    }
    if (!profile.empty() && *rc::gen::arbitrary<bool>() && ports.size() < most) {
      ports.insert(*rc::gen::elementOf(profile));
    }
    for (const Port port : ports) {
      const FindingKind kind = plant(world, node, port, profile.contains(port));
      planted.emplace(fmt::format("n{}", node), port, kind);
    }
  }
  Planted found;
  const auto findings = world.judge();
  for (const Finding& each : findings) found.emplace(each.node, each.port.value(), each.kind);
  RC_ASSERT(found == planted);
  RC_ASSERT(findings.size() == planted.size());

  std::mt19937 random(*rc::gen::arbitrary<std::uint32_t>());
  std::ranges::shuffle(world.nodes, random);
  std::ranges::shuffle(world.observations, random);
  std::ranges::shuffle(world.coverage, random);
  RC_ASSERT(world.judge() == findings);
}

RC_GTEST_PROP(Judge, NeverMissesAPortThatWasNotExamined, (std::uint32_t asked)) {
  World world(1);
  world.hide(1, 6818);
  world.coverage[0].asked = asked % 65536;
  world.coverage[0].gap = *rc::gen::element(CoverageGap::none, CoverageGap::unanswered,
                                            CoverageGap::interrupted, CoverageGap::outside_fence,
                                            CoverageGap::unreachable, CoverageGap::unsupported);
  RC_PRE(!world.coverage[0].examined());
  const auto findings = world.judge();
  RC_ASSERT(findings.size() == 1U);
  RC_ASSERT(findings[0].kind != FindingKind::missing_port);
}

}  // namespace
}  // namespace lockstep
