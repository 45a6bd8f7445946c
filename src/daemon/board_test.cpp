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
