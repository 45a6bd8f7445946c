#include "daemon/sweeper.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>

#include "daemon/test_folder.h"

namespace lockstep {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Instance instance(const std::string& name, InstanceSettings settings) {
  settings.emplace("collector", "ports");
  return parse_instance(name, settings).value();
}

/// A world in which each step takes as long as it is told to, and examines its nodes.
class SweeperTest : public WithStore {
 protected:
  void SetUp() override {
    WithStore::SetUp();
    SweeperWorld world;
    world.steady = [this] { return std::chrono::steady_clock::time_point(hours(1000)) + elapsed_; };
    world.now = [this] { return wall(); };
    world.time_of_day = [this] { return of_day_; };
    world.plan = [this](const Instance& asked, Store&) -> Result<SweepPlan> {
      if (!plan_error_.empty()) return fail(ErrorKind::invalid, plan_error_);
      return SweepPlan{.blocks = blocks_of(asked.name == "slow" ? PortSet::all() : one_port()),
                       .nodes = nodes_,
                       .history =
                           [this, name = asked.name](const std::string& node, std::size_t b) {
                             return seen_[{name, node, b}];
                           },
                       .rate = PacketsPerSecond(20'000)};
    };
    world.step = [this](const StepOrder& order, Store&) { return do_step(order); };
    world.schedules = [this](const std::vector<std::string>& nodes) { return schedules(nodes); };
    world.owner = "me";
    sweeper_ = std::make_unique<Sweeper>(*store_, std::move(world), board_, troubles_);
  }

  static PortSet one_port() {
    PortSet ports;
    ports.insert(22);
    return ports;
  }

  /// Nothing where no node is off: then there is no scheduler.
  std::vector<NodeSchedule> schedules(const std::vector<std::string>& nodes) const {
    std::vector<NodeSchedule> said;
    for (const std::string& node : nodes) {
      if (off_.empty() && busy_.empty()) break;
      said.emplace_back().node = node;
      said.back().state = off_.contains(node)    ? SchedulerState::powered_down
                          : busy_.contains(node) ? SchedulerState::allocated
                                                 : SchedulerState::idle;
    }
    return said;
  }

  WallTime wall() const { return WallTime(seconds(1'700'000'000)) + elapsed_; }

  Result<control::SweepReport> do_step(const StepOrder& order) {
    steps_.push_back(order.instance.name);
    elapsed_ += step_takes_;
    if (!step_error_.empty()) return fail(ErrorKind::unavailable, step_error_);
    control::SweepReport report;
    for (const std::string& node : order.step.nodes) {
      const std::size_t block = blocks_done_[order.instance.name];
      seen_[{order.instance.name, node, block}] = {wall(), wall()};
    }
    const std::size_t blocks = order.instance.name == "slow" ? 64 : 1;
    blocks_done_[order.instance.name] = (blocks_done_[order.instance.name] + 1) % blocks;
    return report;
  }

  void turns(int count) {
    const std::atomic<bool> stop = false;
    for (int i = 0; i < count; ++i) {
      const auto wait = sweeper_->turn(instances_, stop);
      if (wait.count() > 0) elapsed_ += std::chrono::ceil<seconds>(wait);
    }
  }

  /// Does it while no file can be written, as on a disk that is full.
  static void without_disk(const std::function<void()>& work) {
    const auto signal = ::signal(SIGXFSZ, SIG_IGN);
    rlimit usual{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &usual), 0);
    const rlimit nothing{.rlim_cur = 1, .rlim_max = usual.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &nothing), 0);
    work();
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &usual), 0);
    ::signal(SIGXFSZ, signal);
  }

  seconds elapsed_{0};
  seconds step_takes_{20};
  minutes of_day_{0};
  std::string plan_error_;
  std::string step_error_;
  std::vector<std::string> nodes_ = {"n1", "n2"};
  std::set<std::string> off_;
  std::set<std::string> busy_;
  std::map<std::tuple<std::string, std::string, std::size_t>, LastLook> seen_;
  std::map<std::string, std::size_t> blocks_done_;
  std::vector<std::string> steps_;
  std::vector<Instance> instances_;
  Board board_;
  Troubles troubles_;
  std::unique_ptr<Sweeper> sweeper_;
};

TEST_F(SweeperTest, WhatIsUrgentGoesBetweenTheStepsOfWhatIsLong) {
  instances_ = {instance("slow", {{"interval", "1d"}}), instance("fast", {{"interval", "60s"}})};
  turns(20);
  const auto fast = std::ranges::count(steps_, "fast");
  EXPECT_GE(fast, 2) << "once a minute";
  EXPECT_LE(fast, 7);
  EXPECT_GE(std::ranges::count(steps_, "slow"), 6);
  const auto runs = store_->runs(99).value();
  const auto slow = std::ranges::find(runs, "slow", &InstanceRun::instance);
  ASSERT_NE(slow, runs.end());
  EXPECT_EQ(slow->state, SweepState::running);
  EXPECT_EQ(slow->steps, 64U);
  EXPECT_EQ(slow->nodes, 2U);
  EXPECT_GE(slow->steps_done, 6U);
}

TEST_F(SweeperTest, OneThatIsAlwaysLateLeavesItsEqualsTheirTurns) {
  instances_ = {instance("slow", {{"interval", "60s"}}), instance("usual", {{"interval", "60s"}})};
  turns(400);  // each pass of "slow" takes 64 steps of 20 s
  EXPECT_GE(std::ranges::count(steps_, "usual"), 60);
  EXPECT_GE(std::ranges::count(steps_, "slow"), 100);
}

TEST_F(SweeperTest, ARunEndsWhenAllIsAskedAndTheNextBeginsAnIntervalLater) {
  instances_ = {instance("fast", {{"interval", "1h"}})};
  step_takes_ = seconds(1);
  turns(3600 + 200);
  const auto runs = store_->runs(99).value();
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[1].state, SweepState::finished);
  EXPECT_EQ(runs[1].proven, 2U);
  const auto apart = runs[0].started - runs[1].started;
  EXPECT_GE(apart, minutes(58));
  EXPECT_LE(apart, minutes(62));
}

TEST_F(SweeperTest, AnIntervalThatIsChangedTakesEffectAtOnce) {
  instances_ = {instance("fast", {{"interval", "1d"}})};
  turns(60);
  ASSERT_EQ(steps_.size(), 1U);
  elapsed_ += minutes(2);
  instances_ = {instance("fast", {{"interval", "60s"}})};
  turns(2);
  EXPECT_EQ(steps_.size(), 2U);
  instances_ = {};
  elapsed_ += hours(48);
  turns(5);
  EXPECT_EQ(steps_.size(), 2U) << "what is gone asks nobody";
}

TEST_F(SweeperTest, ARunThatOutlastsItsIntervalIsToldOnce) {
  instances_ = {instance("slow", {{"interval", "10m"}})};
  turns(64 + 10);
  ASSERT_FALSE(troubles_.lines().empty());
  EXPECT_EQ(troubles_.lines().front().substr(0, 15), "sweep-late slow");
  EXPECT_EQ(std::ranges::count(store_->runs(99).value(), SweepState::running, &InstanceRun::state),
            1)
      << "nothing piles up";
}

TEST_F(SweeperTest, FailuresAreToldAndTriedAgainAndOverWhenItWorks) {
  instances_ = {instance("fast", {{"interval", "60s"}})};
  step_error_ = "no right";
  turns(10);
  EXPECT_TRUE(troubles_.lines().empty()) << "once may be a sweep by hand";
  turns(80);
  ASSERT_EQ(troubles_.lines().size(), 1U);
  EXPECT_NE(troubles_.lines().front().find("no right"), std::string::npos);
  EXPECT_LT(steps_.size(), 5U) << "not again and again";
  EXPECT_EQ(board_.statuses().at("fast").problem, "no right");
  step_error_.clear();
  turns(80);
  EXPECT_TRUE(troubles_.lines().empty());
  EXPECT_EQ(store_->runs(1)->front().state, SweepState::finished);
}

TEST_F(SweeperTest, APlanThatCannotBeMadeIsAFailureToo) {
  instances_ = {instance("fast", {{"interval", "60s"}})};
  plan_error_ = "no class has a profile yet";
  turns(150);
  EXPECT_EQ(troubles_.lines().size(), 1U);
  EXPECT_TRUE(steps_.empty());
}

TEST_F(SweeperTest, KeepsToTheWindowUnlessSomebodyAsks) {
  instances_ = {instance("fast", {{"interval", "60s"}, {"window", "22:00-06:00"}})};
  of_day_ = hours(12);
  turns(20);
  EXPECT_TRUE(steps_.empty());
  sweeper_->run_now("fast");
  turns(2);
  EXPECT_EQ(steps_.size(), 1U);
  of_day_ = hours(23);
  turns(80);
  EXPECT_GE(steps_.size(), 2U);
}

TEST_F(SweeperTest, NodesThatNobodyAskedForLongAreTold) {
  instances_ = {instance("fast", {{"interval", "60s"}, {"overdue", "1h"}, {"busy", "leave"}})};
  for (const char* const node : {"n1", "n2"}) seen_[{"fast", node, 0}] = {wall() - hours(3), {}};
  while (steps_.empty()) turns(1);
  EXPECT_EQ(std::ranges::count_if(
                troubles_.lines(),
                [](const std::string& line) { return line.starts_with("scan-overdue"); }),
            1);
  turns(80);
  EXPECT_TRUE(troubles_.lines().empty()) << "they were asked since";
}

TEST_F(SweeperTest, WhoWasNeverExaminedIsOverdueOnceItIsKnownForSoLong) {
  instances_ = {instance("fast", {{"interval", "60s"}, {"overdue", "1h"}})};
  busy_ = {"n1", "n2"};
  turns(100);
  EXPECT_TRUE(steps_.empty()) << "jobs hold them";
  elapsed_ += hours(1);
  nodes_.push_back("n3");
  busy_.insert("n3");
  turns(2);
  EXPECT_EQ(steps_.size(), 1U);
  EXPECT_FALSE(seen_.at({"fast", "n1", 0}).examined == std::nullopt);
  EXPECT_EQ(seen_.at({"fast", "n3", 0}).examined, std::nullopt) << "it is new";
}

TEST_F(SweeperTest, TheEndOfARunIsToldWhenTheStoreIsBack) {
  instances_ = {instance("slow", {{"interval", "1d"}})};
  turns(5);
  without_disk([&] {
    step_error_ = "no right";
    turns(2);
  });
  EXPECT_EQ(store_->runs(1)->front().state, SweepState::running);
  turns(10);
  EXPECT_EQ(store_->runs(9)->back().state, SweepState::failed);
  EXPECT_EQ(store_->runs(9)->back().problem, "no right");
}

TEST_F(SweeperTest, NobodyStarves) {
  // Never done: its nodes are due again before the last of them was asked.
  instances_ = {instance("slow", {{"interval", "60s"}, {"priority", "9"}}),
                instance("fast", {{"interval", "1h"}, {"priority", "1"}})};
  turns(64);
  EXPECT_GE(std::ranges::count(steps_, "fast"), 1);
  EXPECT_GE(std::ranges::count(steps_, "slow"), 40);
}

TEST_F(SweeperTest, WhoIsOffIsNotOverdue) {
  instances_ = {instance("fast", {{"interval", "60s"}, {"overdue", "1h"}})};
  seen_[{"fast", "n1", 0}] = {wall() - hours(30), {}};
  seen_[{"fast", "n2", 0}] = {wall(), wall()};
  off_ = {"n1"};
  turns(200);
  EXPECT_TRUE(troubles_.lines().empty());
  EXPECT_GE(std::ranges::count(steps_, "fast"), 1) << "n2 is asked";
}

TEST_F(SweeperTest, WhereNobodyMayBeAskedThereIsNoRun) {
  instances_ = {instance("fast", {{"interval", "60s"}})};
  off_ = {"n1", "n2"};
  turns(200);
  EXPECT_TRUE(steps_.empty());
  EXPECT_TRUE(store_->runs(9)->empty());
  EXPECT_EQ(board_.statuses().at("fast").withdrawn, 2U);
  off_ = {"n1"};
  turns(80);
  EXPECT_FALSE(store_->runs(9)->empty());
}

TEST_F(SweeperTest, WhatIsStoppedIsNotLost) {
  instances_ = {instance("slow", {{"interval", "1d"}})};
  turns(5);
  sweeper_->give_up(SweepState::interrupted);
  EXPECT_EQ(store_->runs(1)->front().state, SweepState::interrupted);
}

}  // namespace
}  // namespace lockstep
