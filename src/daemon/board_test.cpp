#include "daemon/board.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

using std::chrono::seconds;

NodeSchedule idle(const std::string& node) {
  NodeSchedule said;
  said.node = node;
  said.state = SchedulerState::idle;
  return said;
}

TEST(Board, LeavesTheNodesOfTheStepThatAreAskedAsIdleOnes) {
  Board board;
  const Board::Steady now{seconds(100)};
  board.begin_step({"n1", "n2"});
  EXPECT_EQ(board.take({"n1", "n9"}, now), 1U) << "n9 is asked since it is overdue, or not at all";
  EXPECT_TRUE(board.leave().contains("n1"));
  EXPECT_FALSE(board.leave().contains("n9"));
  board.end_step();
  EXPECT_EQ(board.take({"n2"}, now), 0U) << "nobody asks it";
  board.begin_step({"n2", "n3"});
  EXPECT_TRUE(board.leave().contains("n2")) << "taken between the choice and the step";
  EXPECT_FALSE(board.leave().contains("n1"));
}

TEST(Board, WhoIsAskedByHandIsLeftToo) {
  Board board;
  board.begin_step({});
  board.ask_instead({"n1", "n2"}, {"n1"});
  EXPECT_EQ(board.asked_as_idle(), std::vector<std::string>{"n1"});
  EXPECT_EQ(board.take({"n2", "n3"}, Board::Steady{seconds(100)}), 1U);
  EXPECT_TRUE(board.leave().contains("n2"));
  board.end_step();
  EXPECT_EQ(board.take({"n1"}, Board::Steady{seconds(101)}), 0U);
}

TEST(Board, RoundsBesideTheStepAreLeftToo) {
  Board board;
  const Board::Steady now{seconds(100)};
  board.begin_step({"n1"});
  const LeaveList& all = board.begin_round("load", {"n1", "n2", "n3"}, {});
  const LeaveList& idle = board.begin_round("own", {"n1", "n3"}, {"n1", "n3"});
  EXPECT_EQ(board.asked_as_idle(), (std::vector<std::string>{"n1", "n3"}));
  EXPECT_EQ(board.take({"n1", "n2", "n9"}, now), 2U) << "each node counts once";
  EXPECT_TRUE(board.leave().contains("n1"));
  EXPECT_TRUE(all.contains("n1") && all.contains("n2"));
  EXPECT_TRUE(idle.contains("n1"));
  EXPECT_FALSE(idle.contains("n2")) << "nobody asks it there";
  board.leave_now({"n3"});
  EXPECT_TRUE(idle.contains("n3"));
  EXPECT_FALSE(all.contains("n3")) << "it is asked whether a job holds it or not";
  board.end_round("load");
  board.end_round("own");
  EXPECT_EQ(board.take({"n3"}, now), 0U) << "nobody asks it";
  EXPECT_FALSE(board.begin_round("load", {"n1"}, {}).contains("n1")) << "that was the last round";
  EXPECT_TRUE(board.begin_round("own", {"n3"}, {"n3"}).contains("n3"))
      << "taken between the choice and the round";
}

TEST(Board, WhatWasTakenIsBusyUntilTheSchedulerWasAskedAboutItAgain) {
  struct Row {
    const char* description;
    const char* node;
    std::optional<Board::Steady> asked;
    bool idle;
  };
  const Board::Steady taken{seconds(100)};
  Board board;
  board.take({"n1"}, taken);
  const Row rows[] = {
      {"it was asked before", "n1", taken - seconds(10), false},
      {"another node", "n2", taken - seconds(10), true},
      {"another node was asked since", "n2", taken + seconds(10), true},
      {"that was of another one", "n1", taken - seconds(10), false},
      {"nothing was told", "n1", {}, false},
      {"it was asked just then", "n1", taken, false},
      {"it was asked since", "n1", taken + seconds(1), true},
      {"that holds, whatever is told later", "n1", taken - seconds(10), true},
  };
  for (const Row& row : rows) {
    NodeSchedule said = idle(row.node);
    board.correct(said, row.asked);
    EXPECT_EQ(counts_as_idle(said), row.idle) << row.description;
  }
}

}  // namespace
}  // namespace lockstep
