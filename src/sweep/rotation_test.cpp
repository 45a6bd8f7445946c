#include "sweep/rotation.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace lockstep {
namespace {

using std::chrono::seconds;

constexpr WallTime kBegin{seconds(1'000'000)};

PortSet ports(std::size_t count) {
  PortSet set;
  set.insert_range(1, static_cast<Port>(count));
  return set;
}

TEST(PlanRotation, CapsWin) {
  const struct {
    const char* description;
    RotationWish wish;
    seconds turn;
    std::vector<GroupRotation> groups;
  } kRows[] = {
      {"every port within a minute on some clone, within an hour on each",
       {.ports = 65535, .groups = {{.nodes = 100, .node_rate = PacketsPerSecond(50)}}},
       seconds(60),
       {{100, 60, 1093, seconds(60), seconds(3600)}}},
      {"fewer clones than minutes: each node is asked more",
       {.ports = 6000, .groups = {{.nodes = 8, .node_rate = PacketsPerSecond(50)}}},
       seconds(60),
       {{8, 8, 750, seconds(60), seconds(480)}}},
      {"which its rate may not allow: the port waits longer for its next clone",
       {.ports = 65535, .groups = {{.nodes = 8, .node_rate = PacketsPerSecond(50)}}},
       seconds(60),
       {{8, 32, 2048, seconds(240), seconds(1920)}}},
      {"one node alone",
       {.ports = 65535, .groups = {{.nodes = 1, .node_rate = PacketsPerSecond(50)}}},
       seconds(60),
       {{1, 32, 2048, seconds(1920), seconds(1920)}}},
      {"the rate of a node makes the whole take longer",
       {.ports = 65535, .groups = {{.nodes = 1000, .node_rate = PacketsPerSecond(5)}}},
       seconds(60),
       {{1000, 313, 210, seconds(60), seconds(18780)}}},
      {"the rate of all together too",
       {.ports = 65535, .groups = {{.nodes = 1000}}, .rate = PacketsPerSecond(5000)},
       seconds(60),
       {{1000, 313, 210, seconds(60), seconds(18780)}}},
      {"and that of a rack",
       {.ports = 65535, .groups = {{.nodes = 1000, .rack_share = PacketsPerSecond(5)}}},
       seconds(60),
       {{1000, 313, 210, seconds(60), seconds(18780)}}},
      {"two addresses share the rate of their node",
       {.ports = 65535,
        .groups = {{.nodes = 1000, .addresses = 2, .node_rate = PacketsPerSecond(10)}}},
       seconds(60),
       {{1000, 313, 210, seconds(60), seconds(18780)}}},
      {"what is asked one lot after the other shares the turn",
       {.ports = 65535,
        .groups = {{.nodes = 1000, .node_rate = PacketsPerSecond(10)}},
        .at_once = 500},
       seconds(60),
       {{1000, 313, 210, seconds(60), seconds(18780)}}},
      {"so slow that a turn has to be longer",
       {.ports = 65535, .groups = {{.nodes = 1, .node_rate = PacketsPerSecond(0.5)}}},
       seconds(183),
       {{1, 1024, 64, seconds(183 * 1024), seconds(183 * 1024)}}},
      {"few ports",
       {.ports = 3, .groups = {{.nodes = 100}}},
       seconds(60),
       {{100, 3, 1, seconds(60), seconds(180)}}},
      {"classes have numbers of their own",
       {.ports = 6000, .groups = {{.nodes = 70}, {.nodes = 2}}},
       seconds(60),
       {{70, 60, 100, seconds(60), seconds(3600)}, {2, 2, 3000, seconds(60), seconds(120)}}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const Rotation rotation = plan_rotation(row.wish);
    EXPECT_EQ(rotation.turn, row.turn);
    ASSERT_EQ(rotation.groups.size(), row.groups.size());
    for (std::size_t i = 0; i < row.groups.size(); ++i) {
      const GroupRotation& is = rotation.groups[i];
      const GroupRotation& should = row.groups[i];
      EXPECT_EQ(is.nodes, should.nodes);
      EXPECT_EQ(is.blocks, should.blocks);
      EXPECT_EQ(is.ports_a_turn, should.ports_a_turn);
      EXPECT_EQ(is.on_some, should.on_some);
      EXPECT_EQ(is.on_each, should.on_each);
    }
  }
}

TEST(RotationBlocks, AreEvenAndHaveEveryPortOnce) {
  const std::vector<PortSets> blocks = rotation_blocks(ports(65535), 60);
  ASSERT_EQ(blocks.size(), 60U);
  PortSet all;
  for (const PortSets& block : blocks) {
    const PortSet& own = block.of(Protocol::tcp);
    EXPECT_TRUE((all & own).empty());
    EXPECT_GE(own.size(), 1092U);
    EXPECT_LE(own.size(), 1093U);
    all = all | own;
  }
  EXPECT_EQ(all, ports(65535));
  EXPECT_EQ(rotation_blocks(ports(3), 60).size(), 3U);
}

/// Clones over many turns.
class Cluster {
 public:
  Cluster(std::size_t nodes, std::size_t blocks)
      : blocks_(blocks), nodes_(nodes, RotationNode{.asked = {}}) {
    for (RotationNode& node : nodes_) node.asked.resize(blocks);
  }

  RotationNode& node(std::size_t i) { return nodes_[i]; }

  void turn() {
    const auto dealt = deal_blocks(nodes_, blocks_);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      RC_ASSERT(dealt[i].has_value() == nodes_[i].available);
      if (dealt[i]) nodes_[i].asked[*dealt[i]] = kBegin + seconds(turns_.size());
    }
    turns_.push_back(dealt);
  }

  /// The longest that a block was not asked on any clone that answers, from turn `from` on, in
  /// turns; and on some node.
  std::size_t longest_on_some(std::size_t from) const { return longest(from, {}); }
  std::size_t longest_on_each(std::size_t from) const {
    std::size_t most = 0;
    for (std::size_t i = 0; i < nodes_.size(); ++i) most = std::max(most, longest(from, i));
    return most;
  }

  std::size_t turns() const { return turns_.size(); }
  const std::vector<std::optional<std::size_t>>& dealt(std::size_t turn) const {
    return turns_[turn];
  }

 private:
  std::size_t longest(std::size_t from, std::optional<std::size_t> node) const {
    std::size_t most = 0;
    for (std::size_t block = 0; block < blocks_; ++block) {
      std::size_t before = from;  // the turn after the one that asked it last
      for (std::size_t t = from; t < turns_.size(); ++t) {
        bool asked = false;
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
          if (node ? i != *node : !nodes_[i].answers) continue;
          asked = asked || turns_[t][i] == block;
        }
        if (asked) most = std::max(most, t + 1 - std::exchange(before, t + 1));
      }
      most = std::max(most, turns_.size() - before);
    }
    return most;
  }

  std::size_t blocks_;
  std::vector<RotationNode> nodes_;
  std::vector<std::vector<std::optional<std::size_t>>> turns_;
};

RotationWish any_wish() {
  RotationWish wish;
  wish.ports = *rc::gen::inRange<std::size_t>(1, 65536);
  const auto groups = *rc::gen::inRange<std::size_t>(1, 4);
  for (std::size_t i = 0; i < groups; ++i) {
    CloneGroup group;
    group.nodes = *rc::gen::inRange<std::size_t>(1, 40);
    group.addresses = *rc::gen::inRange<std::size_t>(1, 4);
    group.node_rate = PacketsPerSecond(*rc::gen::inRange(1, 2000));
    wish.groups.push_back(group);
  }
  wish.rate = PacketsPerSecond(*rc::gen::inRange(100, 50'000));
  wish.turn = seconds(*rc::gen::inRange(1, 300));
  wish.whole = seconds(*rc::gen::inRange(1, 20'000));
  wish.at_once = *rc::gen::inRange<std::size_t>(20, 5000);
  return wish;
}

RC_GTEST_PROP(PlanRotation, NeverExceedsACap, ()) {
  const RotationWish wish = any_wish();
  const Rotation rotation = plan_rotation(wish);
  const double asking = static_cast<double>(rotation.turn.count()) * kAskingShare;
  double all = 0;
  std::size_t addresses = 0;
  for (const CloneGroup& group : wish.groups) addresses += group.nodes * group.addresses;
  const double lots = std::ceil(static_cast<double>(addresses) / static_cast<double>(wish.at_once));
  for (std::size_t i = 0; i < wish.groups.size(); ++i) {
    const CloneGroup& group = wish.groups[i];
    const GroupRotation& is = rotation.groups[i];
    const double node = static_cast<double>(is.ports_a_turn * group.addresses);
    RC_ASSERT(node * lots <= group.node_rate.value() * asking + 1e-6);
    all += node * static_cast<double>(group.nodes);
    RC_ASSERT(is.blocks <= kMostBlocks);
    RC_ASSERT(is.ports_a_turn * is.blocks >= wish.ports);
    // No longer than the wish unless a cap demands it: with half as many blocks, rounded down, one
    // would be exceeded.
    if (is.on_each > wish.whole && is.blocks > 1 && is.blocks > 2 * group.nodes) {
      const double fewer = std::ceil(static_cast<double>(wish.ports) /
                                     std::floor(static_cast<double>(is.blocks) / 2));
      const double others = static_cast<double>(addresses);
      RC_ASSERT(fewer * static_cast<double>(group.addresses) * lots >
                    group.node_rate.value() * asking ||
                fewer * others > wish.rate.value() * asking);
    }
  }
  RC_ASSERT(all <= wish.rate.value() * asking + 1e-6);
}

RC_GTEST_PROP(Rotation, KeepsBothHalvesOfItsPromise, ()) {
  RotationWish wish = any_wish();
  wish.groups.resize(1);
  const Rotation rotation = plan_rotation(wish);
  const GroupRotation& group = rotation.groups.front();
  RC_PRE(group.blocks <= 120);
  Cluster cluster(group.nodes, group.blocks);
  for (std::size_t t = 0; t < 3 * group.blocks; ++t) cluster.turn();
  const auto turns = [&](seconds time) { return static_cast<std::size_t>(time / rotation.turn); };
  RC_ASSERT(cluster.longest_on_some(0) <= turns(group.on_some));
  RC_ASSERT(cluster.longest_on_each(0) <= turns(group.on_each));
}

RC_GTEST_PROP(Rotation, FindsBackToItWhenNodesWereAway, ()) {
  const auto nodes = *rc::gen::inRange<std::size_t>(1, 30);
  const auto blocks = *rc::gen::inRange<std::size_t>(1, 30);
  Cluster cluster(nodes, blocks);
  const auto disturbed = *rc::gen::inRange<std::size_t>(0, 3 * blocks + 1);
  std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
  for (std::size_t t = 0; t < disturbed; ++t) {
    for (std::size_t i = 0; i < nodes; ++i) {
      if (random() % 4 == 0) cluster.node(i).available = random() % 2 == 0;
    }
    cluster.turn();
  }
  for (std::size_t i = 0; i < nodes; ++i) cluster.node(i).available = true;
  const std::size_t back = cluster.turns();
  for (std::size_t t = 0; t < 6 * blocks; ++t) cluster.turn();
  // What was missed is made up for in the first round, and no node waits for two.
  RC_ASSERT(cluster.longest_on_each(back) <= 2 * blocks);
  if (nodes >= blocks) RC_ASSERT(cluster.longest_on_some(back) <= 1U);
}

TEST(DealBlocks, ANodeThatWasAwayIsAskedWhatItMissedFirst) {
  Cluster cluster(8, 4);
  for (int t = 0; t < 4; ++t) cluster.turn();
  const std::size_t missed = cluster.dealt(0)[5].value();
  cluster.node(5).available = false;
  for (int t = 0; t < 3; ++t) cluster.turn();
  EXPECT_FALSE(cluster.dealt(4)[5]);
  cluster.node(5).available = true;
  cluster.turn();
  EXPECT_EQ(cluster.dealt(7)[5], missed);
}

TEST(DealBlocks, ClonesStepInForWhoDoesNotAnswer) {
  Cluster cluster(6, 3);
  cluster.node(0).answers = cluster.node(1).answers = false;  // both begin with block 0
  for (int t = 0; t < 9; ++t) cluster.turn();
  EXPECT_LE(cluster.longest_on_some(0), 1U);
  EXPECT_TRUE(cluster.dealt(0)[0]) << "it is asked all the same";
}

/// What is seen of openings at random moments, against chance_seen().
RC_GTEST_PROP(ChanceSeen, IsWhatComesOfTrying, ()) {
  const auto nodes = *rc::gen::inRange<std::size_t>(1, 50);
  const auto blocks = *rc::gen::inRange<std::size_t>(1, 50);
  const auto on = *rc::gen::inRange<std::size_t>(1, nodes + 1);
  const seconds turn(60);
  // Within a turn a port has its moment anywhere in the first half.
  const seconds open(*rc::gen::inRange(1, 31));
  std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
  std::uniform_real_distribution<double> uniform(0, 1);
  const GroupRotation group{.nodes = nodes,
                            .blocks = blocks,
                            .ports_a_turn = 1,
                            .on_some = turn * ((blocks + nodes - 1) / nodes),
                            .on_each = turn * blocks};
  Cluster cluster(nodes, blocks);
  const std::size_t rounds = 3 + 300 / blocks;
  const std::size_t turns = rounds * blocks;
  for (std::size_t t = 0; t < turns; ++t) cluster.turn();
  std::vector<double> moments(turns);  // of the port of block 0, in each turn
  for (double& moment : moments) moment = uniform(random) * 0.5;
  std::vector<std::size_t> have(nodes);
  for (std::size_t i = 0; i < nodes; ++i) have[i] = i;
  constexpr int kTries = 4000;
  int seen = 0;
  const double length = static_cast<double>(open.count()) / static_cast<double>(turn.count());
  for (int i = 0; i < kTries; ++i) {
    std::ranges::shuffle(have, random);
    const double from =
        static_cast<double>(blocks) * (1 + static_cast<double>(rounds - 2) * uniform(random));
    bool found = false;
    for (auto t = static_cast<std::size_t>(from); t < turns && !found; ++t) {
      const double moment = static_cast<double>(t) + moments[t];
      if (moment > from + length) break;
      if (moment < from) continue;
      for (std::size_t k = 0; k < on; ++k) {
        found = found || cluster.dealt(t)[have[k]] == std::size_t{0};
      }
    }
    seen += found ? 1 : 0;
  }
  const double chance = chance_seen(group, turn, on, open);
  const double deviation = std::sqrt(chance * (1 - chance) / kTries);
  RC_ASSERT(std::abs(seen / double{kTries} - chance) <= 5 * deviation + 0.01);
}

TEST(ChanceSeen, OfAPortThatIsOpenForHalfAMinute) {
  const GroupRotation group{
      .nodes = 120, .blocks = 60, .on_some = seconds(60), .on_each = seconds(3600)};
  const struct {
    const char* description;
    std::size_t on;
    seconds open;
    double chance;
  } kRows[] = {
      {"on one node", 1, seconds(30), 30.0 / 3600},
      {"on all of them", 120, seconds(30), 0.5},
      {"on all of them, for a turn", 120, seconds(60), 1},
      {"on half of them: one of two is asked", 60, seconds(30), 0.5 * (1 - 60.0 * 59 / 120 / 119)},
      {"on one node for as long as it takes", 1, seconds(3600), 1},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    EXPECT_NEAR(chance_seen(group, seconds(60), row.on, row.open), row.chance, 1e-9);
  }
}

}  // namespace
}  // namespace lockstep
