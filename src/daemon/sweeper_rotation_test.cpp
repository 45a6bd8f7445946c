#include <gtest/gtest.h>

#include "daemon/sweeper.h"
#include "daemon/test_folder.h"

namespace lockstep {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

/// Two clones that are asked two ports, in turns of a minute that take as long as they are told to.
class SweeperRotationTest : public WithStore {
 protected:
  void SetUp() override {
    WithStore::SetUp();
    ports_.insert_range(1, 2);
    SweeperWorld world;
    world.steady = [this] { return std::chrono::steady_clock::time_point(hours(1000)) + elapsed_; };
    world.now = [this] { return wall(); };
    world.time_of_day = [] { return std::chrono::minutes(0); };
    world.plan = [this](const Instance&, Store&) -> Result<SweepPlan> {
      return SweepPlan{.blocks = {ports_},
                       .nodes = {"n1", "n2"},
                       .history = [](const std::string&, std::size_t) { return LastLook{}; },
                       .rate = PacketsPerSecond(2)};
    };
    world.step = [this](const StepOrder& order, Store&) -> Result<control::SweepReport> {
      others_.push_back(order.step.nodes.size());
      elapsed_ += others_take_;
      return control::SweepReport{};
    };
    world.rotation = [this](const Instance&, Store&) { return plan(); };
    world.turn = [this](const TurnOrder& order, Store&) { return do_turn(order); };
    world.schedules = {};
    world.owner = "me";
    sweeper_ = std::make_unique<Sweeper>(*store_, std::move(world), board_, troubles_);
    instances_ = {parse_instance("round", {{"collector", "ports"}, {"mode", "rotate"}}).value()};
  }

  WallTime wall() const { return WallTime(seconds(1'700'000'000)) + elapsed_; }

  Result<RotationPlan> plan() {
    if (!plan_error_.empty()) return fail(ErrorKind::invalid, plan_error_);
    RotationPlan plan;
    plan.rotation.turn = seconds(60);
    plan.rotation.groups = {{.nodes = 2,
                             .blocks = 2,
                             .ports_a_turn = 1,
                             .on_some = seconds(60),
                             .on_each = seconds(120)}};
    plan.groups = {{"n1", "n2"}};
    plan.blocks = {{2, rotation_blocks(ports_, 2)}};
    plan.history = [this](const std::string& node, std::size_t, std::size_t block) {
      return seen_[{node, block}];
    };
    return plan;
  }

  Result<std::vector<control::SweepReport>> do_turn(const TurnOrder& order) {
    begun_.push_back(elapsed_);
    elapsed_ += turns_take_;
    if (!turn_error_.empty()) return fail(ErrorKind::unavailable, turn_error_);
    std::vector<control::SweepReport> reports;
    for (const SweepStep& step : order.steps) {
      control::SweepReport& report = reports.emplace_back();
      report.record.summary.probes_sent = step.nodes.size();
      for (const std::string& node : step.nodes) {
        const std::size_t block = step.ports.of(Protocol::tcp).contains(1) ? 0 : 1;
        seen_[{node, block}] = {wall(), wall()};
      }
    }
    return reports;
  }

  void run_for(seconds time) {
    const std::atomic<bool> stop = false;
    for (const seconds end = elapsed_ + time; elapsed_ < end;) {
      const auto wait = sweeper_->turn(instances_, stop);
      if (wait.count() > 0) elapsed_ += std::chrono::ceil<seconds>(wait);
    }
  }

  bool is_in_trouble(const std::string& word) const {
    const auto lines = troubles_.lines();
    return std::ranges::any_of(
        lines, [&](const std::string& line) { return line.find(word) != std::string::npos; });
  }

  PortSet ports_;
  seconds elapsed_{0};
  seconds turns_take_{20};
  seconds others_take_{20};
  std::string plan_error_;
  std::string turn_error_;
  std::map<std::pair<std::string, std::size_t>, LastLook> seen_;
  std::vector<seconds> begun_;
  std::vector<std::size_t> others_;
  std::vector<Instance> instances_;
  Board board_;
  Troubles troubles_;
  std::unique_ptr<Sweeper> sweeper_;
};

TEST_F(SweeperRotationTest, ATurnBeginsEveryMinuteAndARoundIsARun) {
  run_for(seconds(290));
  ASSERT_EQ(begun_.size(), 5U);
  for (std::size_t i = 1; i < begun_.size(); ++i) {
    EXPECT_LE(std::chrono::abs(begun_[i] - begun_[i - 1] - seconds(60)), seconds(1));
  }
  const auto runs = store_->runs(9).value();
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs[0].state, SweepState::running);
  for (const InstanceRun& run : {runs[1], runs[2]}) {
    EXPECT_EQ(run.state, SweepState::finished);
    EXPECT_EQ(run.nodes, 2U);
    EXPECT_EQ(run.proven, 2U);
    EXPECT_EQ(run.steps_done, 2U);
    EXPECT_EQ(run.probes, 4U);
  }
  EXPECT_TRUE(troubles_.lines().empty());
}

TEST_F(SweeperRotationTest, ATurnThatIsLateIsToldAndNotCaughtUpWith) {
  turns_take_ = seconds(150);
  run_for(seconds(600));
  EXPECT_EQ(begun_.size(), 4U);
  EXPECT_TRUE(is_in_trouble("took"));
  turns_take_ = seconds(5);
  run_for(seconds(180));
  EXPECT_FALSE(is_in_trouble("took"));
}

TEST_F(SweeperRotationTest, StepsOfOthersAreShortAndTurnsGoBeforeThem) {
  instances_.push_back(
      parse_instance("all", {{"collector", "ports"}, {"interval", "10s"}}).value());
  run_for(seconds(900));
  EXPECT_GE(begun_.size(), 13U);
  ASSERT_FALSE(others_.empty());
  EXPECT_LE(others_.back(), 18U) << "60 nodes in a minute at 2 a second, of which 18 s are free";
  EXPECT_FALSE(is_in_trouble("waited"));
}

TEST_F(SweeperRotationTest, WhatFailsIsTriedAgainAndTold) {
  turn_error_ = "no link";
  run_for(seconds(200));
  EXPECT_GE(begun_.size(), 3U);
  EXPECT_TRUE(is_in_trouble("no link"));
  EXPECT_EQ(store_->runs(1).value().front().state, SweepState::failed);
  turn_error_.clear();
  plan_error_ = "ports: none";
  run_for(seconds(200));
  EXPECT_TRUE(is_in_trouble("ports: none"));
  plan_error_.clear();
  run_for(seconds(200));
  EXPECT_TRUE(troubles_.lines().empty());
}

TEST_F(SweeperRotationTest, WhoIsDisabledEndsItsRound) {
  run_for(seconds(30));
  instances_[0].enabled = false;
  run_for(seconds(30));
  EXPECT_EQ(store_->runs(1).value().front().state, SweepState::interrupted);
}

}  // namespace
}  // namespace lockstep
