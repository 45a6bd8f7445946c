// What the nodes of a class have in common, and who must not decide it.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <set>

#include "profiles/learn.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

IpAddress address_of(int number) {
  return IpAddress::v4(0xc6120000U + static_cast<std::uint32_t>(number));
}

/// n1, n2, ... of class compute, which show 22 and 6818.
struct Sweep {
  explicit Sweep(int count) {
    for (int number = 1; number <= count; ++number) add(number, address_of(number), "management");
  }

  static std::string name(int number) { return fmt::format("n{}", number); }

  void add(int number, const IpAddress& address, const std::string& on) {
    const auto index = static_cast<std::size_t>(number - 1);
    if (index == nodes.size()) nodes.push_back({name(number), {"compute"}, "", {}});
    nodes[index].addresses.push_back({address, on});
    Coverage full;
    full.node = name(number);
    full.address = address;
    full.network = on;
    full.wanted = full.asked = full.answered = 65535;
    coverage.push_back(full);
    for (const Port port : {Port{22}, Port{6818}}) show(number, port, PortState::open, on, address);
  }

  void show(int number, Port port, PortState state = PortState::open,
            const std::string& on = "management", std::optional<IpAddress> address = {}) {
    observations.push_back({name(number), address.value_or(address_of(number)), on, Protocol::tcp,
                            port, state, Evidence::syn_ack});
  }

  void hide(int number, Port port) {
    std::erase_if(observations, [&](const PortObservation& seen) {
      return seen.node == name(number) && seen.port == port;
    });
  }

  /// What a node that is down leaves behind.
  void down(int number) {
    for (const Port port : {Port{22}, Port{6818}}) hide(number, port);
    cover(number).gap = CoverageGap::unreachable;
    cover(number).answered = 0;
  }

  Coverage& cover(int number) { return coverage[static_cast<std::size_t>(number - 1)]; }

  Result<Consensus> learn() const {
    return learn_by_consensus({nodes, node_class, network, observations, coverage}, rule);
  }

  std::vector<Port> ports() const {
    std::vector<Port> learned;
    const Consensus consensus = learn().value();
    for (const ExpectedPort& each : consensus.profile.ports) {
      EXPECT_EQ(each.service, "") << "a number is no proof of a service";
      learned.push_back(each.port);
    }
    return learned;
  }

  std::vector<Node> nodes;
  std::string node_class = "compute";
  std::string network = "management";
  std::vector<PortObservation> observations;
  std::vector<Coverage> coverage;
  ConsensusRule rule;
};

TEST(Consensus, IsWhatNearlyAllShow) {
  using Outliers = std::vector<std::string>;
  const struct {
    const char* description;
    int nodes;
    std::function<void(Sweep&)> change;
    std::vector<Port> ports;
    Outliers outliers;
  } kRows[] = {
      {"clones", 8, [](Sweep&) {}, {22, 6818}, {}},
      {"the smallest class", 4, [](Sweep&) {}, {22, 6818}, {}},
      {"a rogue port on 1 of 40",
       40,
       [](Sweep& s) { s.show(17, 4444); },
       {22, 6818},
       {"4444/tcp is open on 1 of 40 nodes: on n17; not learned"}},
      {"a rogue port on 2 of 8",
       8,
       [](Sweep& s) {
         s.show(3, 4444);
         s.show(7, 4444);
       },
       {22, 6818},
       {"4444/tcp is open on 2 of 8 nodes: on n[3,7]; not learned"}},
      {"a rogue port on nearly all of a small class",
       8,
       [](Sweep& s) {
         for (int node = 1; node <= 7; ++node) s.show(node, 4444);
       },
       {22, 6818},
       {"4444/tcp is open on 7 of 8 nodes: not on n8; not learned"}},
      {"a port missing on 1 of 40: 97.5 %",
       40,
       [](Sweep& s) { s.hide(9, 6818); },
       {22},
       {"6818/tcp is open on 39 of 40 nodes: not on n9; not learned"}},
      {"a port missing on 1 of 50: 98 %",
       50,
       [](Sweep& s) { s.hide(9, 6818); },
       {22, 6818},
       {"6818/tcp is open on 49 of 50 nodes: not on n9; learned"}},
      {"a port missing on 2 of 100: 98 %",
       100,
       [](Sweep& s) {
         s.hide(9, 6818);
         s.hide(10, 6818);
       },
       {22, 6818},
       {"6818/tcp is open on 98 of 100 nodes: not on n[9-10]; learned"}},
      {"a port missing on 3 of 100",
       100,
       [](Sweep& s) {
         for (int node = 9; node <= 11; ++node) s.hide(node, 6818);
       },
       {22},
       {"6818/tcp is open on 97 of 100 nodes: not on n[9-11]; not learned"}},
      {"half of them: who has it is named",
       4,
       [](Sweep& s) {
         s.show(1, 80);
         s.show(2, 80);
       },
       {22, 6818},
       {"80/tcp is open on 2 of 4 nodes: on n[1-2]; not learned"}},
      {"a node that is down has no vote",
       8,
       [](Sweep& s) { s.down(5); },
       {22, 6818},
       {"no vote, since not examined in full: n5"}},
      {"half covered: no vote, and its rogue port is none",
       8,
       [](Sweep& s) {
         s.hide(5, 6818);
         s.show(5, 4444);
         s.cover(5).asked = 30000;
       },
       {22, 6818},
       {"no vote, since not examined in full: n5"}},
      {"half of them down",
       8,
       [](Sweep& s) {
         for (int node = 1; node <= 4; ++node) s.down(node);
       },
       {22, 6818},
       {"no vote, since not examined in full: n[1-4]"}},
      {"silence is no open port",
       4,
       [](Sweep& s) {
         for (int node = 1; node <= 4; ++node) s.show(node, 31337, PortState::filtered);
       },
       {22, 6818},
       {}},
      {"nodes of another class have no vote",
       5,
       [](Sweep& s) {
         s.nodes[4].classes = {"login"};
         s.hide(5, 22);
         s.show(5, 4444);
       },
       {22, 6818},
       {}},
      {"both addresses of a node make one vote",
       4,
       [](Sweep& s) {
         s.add(1, IpAddress::parse("fd00::1").value(), "management");
         for (int node = 1; node <= 2; ++node) s.show(node, 80);
         s.show(1, 80, PortState::open, "management", IpAddress::parse("fd00::1").value());
       },
       {22, 6818},
       {"80/tcp is open on 2 of 4 nodes: on n[1-2]; not learned"}},
      {"one of two addresses was not examined: no vote",
       5,
       [](Sweep& s) {
         s.add(1, IpAddress::parse("fd00::1").value(), "management");
         s.coverage.back().gap = CoverageGap::unreachable;
         s.show(1, 80);
       },
       {22, 6818},
       {"no vote, since not examined in full: n1"}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Sweep sweep(row.nodes);
    row.change(sweep);
    const auto learned = sweep.learn();
    ASSERT_TRUE(learned.has_value());
    EXPECT_EQ(learned->profile.host_type, "compute");
    EXPECT_EQ(sweep.ports(), row.ports);
    EXPECT_EQ(learned->outliers, row.outliers);
  }
}

TEST(Consensus, CountsWhoVoted) {
  Sweep sweep(10);
  sweep.down(1);
  sweep.nodes.push_back({"far", {"compute"}, "", {{address_of(99), "fabric"}}});
  const Consensus learned = sweep.learn().value();
  EXPECT_EQ(learned.members, 10U) << "far has no address there";
  EXPECT_EQ(learned.voters, 9U);
  EXPECT_THAT(learned.profile.rules, IsEmpty());
}

TEST(Consensus, IsOfOneNetwork) {
  Sweep sweep(4);
  for (int node = 1; node <= 4; ++node) {
    sweep.add(node, address_of(100 + node), "fabric");
    sweep.hide(node, 6818);
    sweep.show(node, 988, PortState::open, "fabric", address_of(100 + node));
  }
  EXPECT_THAT(sweep.ports(), ElementsAre(22));
  sweep.network = "fabric";
  EXPECT_THAT(sweep.ports(), ElementsAre(22, 988));
  EXPECT_EQ(sweep.learn().value().profile.host_type, "compute@fabric");
  for (int node = 1; node <= 4; ++node) sweep.down(node);
  EXPECT_TRUE(sweep.learn().has_value()) << "the other network is down";
}

TEST(Consensus, RefusesWithTheReason) {
  const struct {
    const char* description;
    int nodes;
    std::function<void(Sweep&)> change;
    ErrorKind kind;
    const char* says;
  } kRows[] = {
      {"no node", 0, [](Sweep&) {}, ErrorKind::invalid, "class \"compute\" has 0 nodes"},
      {"one node", 1, [](Sweep&) {}, ErrorKind::invalid, "has 1 node on network \"management\""},
      {"two nodes", 2, [](Sweep&) {}, ErrorKind::invalid, "has 2 nodes"},
      {"three nodes", 3, [](Sweep&) {}, ErrorKind::invalid,
       "a consensus takes 4: learn from a node"},
      {"another class", 8, [](Sweep& s) { s.node_class = "login"; }, ErrorKind::invalid,
       "class \"login\" has 0 nodes"},
      {"another network", 8, [](Sweep& s) { s.network = "fabric"; }, ErrorKind::invalid,
       "has 0 nodes on network \"fabric\""},
      {"3 of 4 examined", 4, [](Sweep& s) { s.down(2); }, ErrorKind::unavailable,
       "only 3 of 4 nodes of class \"compute\" could be examined in full, and a consensus takes 4; "
       "not examined: n2"},
      {"4 of 9 examined: less than half", 9,
       [](Sweep& s) {
         for (int node = 1; node <= 5; ++node) s.down(node);
       },
       ErrorKind::unavailable, "takes 5; not examined: n[1-5]"},
      {"no record of them", 8, [](Sweep& s) { s.coverage.clear(); }, ErrorKind::unavailable,
       "only 0 of 8 nodes"},
      {"nothing in common", 4,
       [](Sweep& s) {
         s.observations.clear();
         for (int node = 1; node <= 4; ++node) s.show(node, static_cast<Port>(1000 + node));
       },
       ErrorKind::not_found, "no open port in common"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Sweep sweep(row.nodes);
    row.change(sweep);
    const auto learned = sweep.learn();
    ASSERT_FALSE(learned.has_value());
    EXPECT_EQ(learned.error().kind(), row.kind);
    EXPECT_THAT(learned.error().message(), HasSubstr(row.says));
  }
}

/// Fewer than one in fifty can add nothing, and take nothing away.
RC_GTEST_PROP(Consensus, CannotBeBentByAFew, ()) {
  const int nodes = *rc::gen::inRange(4, 120);
  Sweep sweep(nodes);
  const int most = nodes / 50;
  const int rogues = *rc::gen::inRange(0, most + 1);
  for (int node = 1; node <= rogues; ++node) {
    sweep.hide(node, *rc::gen::arbitrary<bool>() ? Port{22} : Port{6818});
    const auto others = *rc::gen::arbitrary<std::set<Port>>();
    for (const Port port : others) {
      if (port != 22 && port != 6818) sweep.show(node, port);
    }
  }
  RC_ASSERT(sweep.ports() == (std::vector<Port>{22, 6818}));
}

/// A port that any voter of a class of less than fifty lacks is not learned.
RC_GTEST_PROP(Consensus, IsUnanimousInSmallClasses, ()) {
  const int nodes = *rc::gen::inRange(4, 50);
  Sweep sweep(nodes);
  const int with = *rc::gen::inRange(0, nodes + 1);
  for (int node = 1; node <= with; ++node) sweep.show(node, 4444);
  const auto ports = sweep.ports();
  RC_ASSERT((std::ranges::find(ports, 4444) != ports.end()) == (with == nodes));
}

}  // namespace
}  // namespace lockstep
