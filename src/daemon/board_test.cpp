#include "daemon/board.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

using std::chrono::seconds;

std::vector<NodeSchedule> idle(const std::vector<std::string>& nodes) {
  std::vector<NodeSchedule> said;
  for (const std::string& node : nodes) {
    said.emplace_back();
    said.back().node = node;
    said.back().state = SchedulerState::idle;
  }
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

TEST(Board, WhatWasTakenIsBusyUntilTheSchedulerWasAskedAgain) {
  Board board;
  board.take({"n1"}, Board::Steady(seconds(100)));
  auto said = idle({"n1", "n2"});
  board.correct(said, Board::Steady(seconds(90)));
  EXPECT_FALSE(counts_as_idle(said[0])) << "it was asked before";
  EXPECT_TRUE(counts_as_idle(said[1]));
  said = idle({"n1"});
  board.correct(said, Board::Steady(seconds(101)));
  EXPECT_TRUE(counts_as_idle(said[0]));
}

}  // namespace
}  // namespace lockstep
