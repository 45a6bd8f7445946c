#include "sweep/rotation_turn.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace lockstep {
namespace {

using std::chrono::seconds;

constexpr WallTime kNow{std::chrono::hours(500'000)};

/// Four clones that are asked four ports, and one node that is asked the same.
class RotationTurnTest : public testing::Test {
 protected:
  RotationTurnTest() {
    PortSet ports;
    ports.insert_range(1, 4);
    plan_.groups = {{"n1", "n2", "n3", "n4"}, {"login"}};
    plan_.rotation.turn = seconds(60);
    plan_.rotation.groups = {{.nodes = 4, .blocks = 4}, {.nodes = 1, .blocks = 2}};
    plan_.blocks = {{2, rotation_blocks(ports, 2)}, {4, rotation_blocks(ports, 4)}};
    plan_.history = [this](const std::string& node, std::size_t blocks, std::size_t block) {
      return seen_[{node, blocks, block}];
    };
  }

  /// "2 of n2 n3", a step each; those that are asked as idle have a star.
  std::vector<std::string> turn() {
    const RotationTurn turn =
        next_turn(plan_, {.interval = {}, .overdue = std::chrono::hours(24), .busy = busy_},
                  schedules_, now_);
    std::vector<std::string> lines;
    for (const SweepStep& step : turn.steps) {
      std::string line = step.ports.to_string() + " of";
      for (const std::string& node : step.nodes) {
        line += fmt::format(" {}{}", node, step.idle.contains(node) ? "*" : "");
        note(node, step.ports);
      }
      lines.push_back(line);
    }
    passed_over_ = turn.passed_over;
    now_ += seconds(60);
    return lines;
  }

  void note(const std::string& node, const PortSets& ports) {
    for (const auto& [count, blocks] : plan_.blocks) {
      for (std::size_t block = 0; block < count; ++block) {
        if (blocks[block] == ports) seen_[{node, count, block}] = {now_, now_};
      }
    }
  }

  NodeSchedule says(const std::string& node, SchedulerState state) const {
    NodeSchedule schedule;
    schedule.node = node;
    schedule.state = state;
    return schedule;
  }

  RotationPlan plan_;
  std::map<std::tuple<std::string, std::size_t, std::size_t>, LastLook> seen_;
  BusyNodes busy_ = BusyNodes::overdue;
  Pass::Schedules schedules_;
  WallTime now_ = kNow;
  PassedOver passed_over_;
};

using Lines = std::vector<std::string>;

TEST_F(RotationTurnTest, EachBlockHasItsNodesAndComesRound) {
  EXPECT_EQ(turn(), (Lines{"1-2 of login", "1 of n1", "2 of n2", "3 of n3", "4 of n4"}));
  EXPECT_EQ(turn(), (Lines{"3-4 of login", "1 of n4", "2 of n1", "3 of n2", "4 of n3"}));
  EXPECT_EQ(turn(), (Lines{"1-2 of login", "1 of n3", "2 of n4", "3 of n1", "4 of n2"}));
}

TEST_F(RotationTurnTest, WhoIsBusyIsPassedOverUnlessOverdue) {
  for (const auto& group : plan_.groups) {
    for (const std::string& node : group) {
      for (std::size_t block = 0; block < 4; ++block) {
        seen_[{node, 2, block}] =
            seen_[{node, 4, block}] = {kNow - seconds(600), kNow - seconds(600)};
      }
    }
  }
  seen_[{"n2", 4, 3}].examined = kNow - std::chrono::hours(48);
  schedules_ = [&](const std::vector<std::string>& nodes) {
    std::vector<NodeSchedule> said;
    for (const std::string& node : nodes) {
      said.push_back(says(node, node == "n1" || node == "n2" ? SchedulerState::allocated
                                : node == "n3"               ? SchedulerState::powered_down
                                                             : SchedulerState::idle));
    }
    return said;
  };
  EXPECT_EQ(turn(), (Lines{"1-2 of login*", "2 of n2", "4 of n4*"}));
  EXPECT_EQ(passed_over_.busy.size(), 1U);
  EXPECT_EQ(passed_over_.withdrawn.size(), 1U);
  busy_ = BusyNodes::leave;
  EXPECT_EQ(turn(), (Lines{"3-4 of login*", "1 of n4*"}));
  busy_ = BusyNodes::scan;
  EXPECT_EQ(turn().size(), 4U);
}

TEST_F(RotationTurnTest, ATimeInTheFutureIsNone) {
  for (std::size_t block = 0; block < 4; ++block) {
    seen_[{"n1", 4, block}] = {kNow - seconds(block), kNow - seconds(block)};
  }
  seen_[{"n1", 4, 2}] = {kNow + seconds(9), kNow + seconds(9)};
  EXPECT_EQ(turn()[3], "3 of n1") << "n3 steps in where n1 would have been";
}

TEST(PromiseOf, IsThatOfTheSlowestGroup) {
  const Rotation rotation =
      plan_rotation({.ports = 65535,
                     .groups = {{.nodes = 120, .node_rate = PacketsPerSecond(50)},
                                {.nodes = 8, .node_rate = PacketsPerSecond(50)}}});
  EXPECT_EQ(promise_of(rotation),
            "each port within 4m on some node of each class, within 1h on each node (128 nodes, "
            "2,048 ports of each a turn of 1m); a port that is open for 30s an hour is seen with a "
            "chance of 0.8% on one node, of 12% on a whole class");
}

}  // namespace
}  // namespace lockstep
