#include "analysis/job_ports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/test_jobs.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Lines = std::vector<std::string>;

TEST(JobPorts, AreJudgedByWhoHoldsTheNode) {
  const JobListener tie = tied_to(1, 8888, {"7 bob"});
  const struct {
    const char* what;
    std::vector<NodeSchedule> answers;  // of n1, one after the other
    std::vector<JobListener> tied;
    Lines told;
  } rows[] = {
      {"held", {held(1, {{"7", "bob"}})}, {}, {}},
      {"held, and tied to another job", {held(1, {{"8", "eve"}})}, {tie}, {}},
      {"held by somebody", {held(1, {})}, {}, {}},
      {"the epilog runs", {in_state(1, SchedulerState::completing)}, {tie}, {}},
      {"draining, with its last job", {in_state(1, SchedulerState::draining)}, {tie}, {}},
      {"idle, and tied to none",
       {in_state(1, SchedulerState::idle)},
       {},
       {"high unexpected-port compute n1 8888/tcp open [no job holds the node]"}},
      {"idle, and tied",
       {in_state(1, SchedulerState::idle)},
       {tie},
       {"high orphan-listener compute n1 8888/tcp open [left behind by job 7 bob, seen first "
        "2026-07-01 12:00Z]"}},
      {"idle, and another port, or another node's, is tied",
       {in_state(1, SchedulerState::idle)},
       {tied_to(1, 8889, {"7 bob"}), tied_to(2, 8888, {"7 bob"})},
       {"high unexpected-port compute n1 8888/tcp open [no job holds the node]"}},
      {"down, and tied",
       {in_state(1, SchedulerState::down)},
       {tied_to(1, 8888, {})},
       {"high orphan-listener compute n1 8888/tcp open [left behind by a job, seen first "
        "2026-07-01 12:00Z]"}},
      {"it ended while the sweep looked",
       {held(1, {{"7", "bob"}}), in_state(1, SchedulerState::idle)},
       {tie},
       {}},
      {"it began after the look",
       {in_state(1, SchedulerState::idle), held(1, {{"8", "eve"}})},
       {tie},
       {}},
      {"not known",
       {in_state(1, SchedulerState::unknown)},
       {},
       {"informational unexpected-port compute n1 */tcp open [whether a job holds the node is not "
        "known, 1 ports: 8888]"}},
      {"not known, and tied",
       {in_state(1, SchedulerState::unknown)},
       {tie},
       {"informational unexpected-port compute n1 */tcp open [whether a job holds the node is not "
        "known, 1 ports: 8888]"}},
      {"known before and after, and not in between",
       {in_state(1, SchedulerState::idle), in_state(1, SchedulerState::unknown),
        in_state(1, SchedulerState::idle)},
       {tie},
       {"informational unexpected-port compute n1 */tcp open [whether a job holds the node is not "
        "known, 1 ports: 8888]"}},
      {"no node of the scheduler's",
       {stranger(1)},
       {},
       {"high unexpected-port compute n1 8888/tcp open []"}},
      {"not the scheduler's any more, and tied",
       {stranger(1)},
       {tie},
       {"high orphan-listener compute n1 8888/tcp open [left behind by job 7 bob, seen first "
        "2026-07-01 12:00Z]"}},
  };
  for (const auto& row : rows) {
    World world = with_jobs(3);
    world.show(1, 8888, PortState::open);
    world.jobs->tied = row.tied;
    for (const NodeSchedule& answer : row.answers) world.jobs->seen.note({&answer, 1});
    Lines told = world.told();
    EXPECT_EQ(told, row.told) << row.what;
  }
}

TEST(JobPorts, AreThoseOfTheSiteAndOfRules) {
  const struct {
    const char* what;
    Port port;
    bool permitted;
  } rows[] = {
      {"of the site", 8888, true},
      {"of a rule", 9500, true},
      {"of a rule, below 1024", 1000, false},
      {"of neither", 4444, false},
      {"of a rule that has run out", 9600, false},
  };
  for (const auto& row : rows) {
    World world = with_jobs(3);
    world.profiles[0].rules = {
        {Protocol::tcp, port_range(9500, 9510), Presence::job, 0, {}},
        {Protocol::tcp, port_range(1000, 1010), Presence::job, 0, {}},
        {Protocol::tcp, port_range(9600, 9610), Presence::job, 0, kNoon},
    };
    world.show(1, row.port, PortState::open);
    world.jobs->seen.note(std::vector{held(1, {{"7", "bob"}})});
    EXPECT_EQ(world.told().empty(), row.permitted) << row.what;
    EXPECT_EQ(ties_of(world).tied.size(), row.permitted ? 1U : 0U) << row.what;
  }
}

TEST(JobPorts, OfNodesThatTheSchedulerDoesNotHaveAreThoseOfRulesAlone) {
  World world = with_jobs(3);
  world.profiles[0].rules = {{Protocol::tcp, port_range(9500, 9510), Presence::job, 0, {}}};
  world.jobs->seen.note(std::vector{stranger(1)});
  world.show(1, 9500, PortState::open);
  EXPECT_THAT(world.told(), ElementsAre("high unexpected-port compute n1 9500/tcp open [no job "
                                        "holds the node]"));
}

TEST(JobPorts, ARuleIsUncheckedWhereThereIsNoScheduler) {
  World world(3);
  world.profiles[0].rules = {{Protocol::tcp, port_range(9500, 9510), Presence::job, 0, {}}};
  world.show(1, 9500, PortState::open);
  EXPECT_THAT(world.told(), ElementsAre(HasSubstr("informational unexpected-port")));
}

TEST(JobPorts, ThatAreSilentOrGoneAgainAreTheJobs) {
  World world = with_jobs(3);
  world.show(1, 8888, PortState::filtered);
  world.count(1);
  world.transient = {
      {"n1", address_of(1), "management", Protocol::tcp, 8889, PortState::open, Evidence::syn_ack}};
  world.jobs->seen.note(std::vector{held(1, {})});
  EXPECT_THAT(world.told(), IsEmpty());
  world.jobs->seen = {};
  world.jobs->seen.note(std::vector{in_state(1, SchedulerState::idle)});
  EXPECT_THAT(world.told(), ElementsAre(HasSubstr("transient-port compute n1 8889/tcp"),
                                        HasSubstr("unexpected-filtered compute n1 8888/tcp")));
}

TEST(JobPorts, WithoutAnAnswerMakeOneFindingANode) {
  World world = with_jobs(3);
  for (Port port = 40'000; port < 40'100; ++port) world.show(1, port, PortState::open);
  EXPECT_THAT(world.told(), ElementsAre(HasSubstr("not known, 100 ports: 40000-40099]")));
}

TEST(JobPorts, AreTiedToWhoHoldsTheNode) {
  const JobListener tie = tied_to(1, 8888, {"7 bob"});
  const WallTime later = kNoon + std::chrono::hours(1);
  const struct {
    const char* what;
    NodeSchedule answer;
    std::vector<JobListener> before;
    PortState state;
    std::vector<JobListener> tied;
    std::vector<JobListener> gone;
  } rows[] = {
      {"first",
       held(1, {{"7", "bob"}, {"8", "eve"}}),
       {},
       PortState::open,
       {tied_to(1, 8888, {"7 bob", "8 eve"}, later)},
       {}},
      {"as before", held(1, {{"7", "bob"}}), {tie}, PortState::open, {}, {}},
      {"to no job that came later",
       held(1, {{"7", "bob"}, {"8", "eve"}}),
       {tie},
       PortState::open,
       {},
       {}},
      {"to the next one",
       held(1, {{"8", "eve"}}),
       {tie},
       PortState::open,
       {tied_to(1, 8888, {"8 eve"}, later)},
       {}},
      {"to those that are left",
       held(1, {{"8", "eve"}}),
       {tied_to(1, 8888, {"7 bob", "8 eve"})},
       PortState::open,
       {tied_to(1, 8888, {"8 eve"})},
       {}},
      {"to those before where nobody names jobs", held(1, {}), {tie}, PortState::open, {}, {}},
      {"to one whose name is told later",
       held(1, {{"7", "bob"}}),
       {tied_to(1, 8888, {})},
       PortState::open,
       {tie},
       {}},
      {"still, on a node that is idle",
       in_state(1, SchedulerState::idle),
       {tie},
       PortState::open,
       {},
       {}},
      {"still, where the scheduler is gone",
       in_state(1, SchedulerState::unknown),
       {tie},
       PortState::open,
       {},
       {}},
      {"no more, since it closed", held(1, {{"7", "bob"}}), {tie}, PortState::closed, {}, {tie}},
      {"no more, since it closed when nobody knew",
       in_state(1, SchedulerState::unknown),
       {tie},
       PortState::closed,
       {},
       {tie}},
      {"still, since silence is no proof",
       in_state(1, SchedulerState::idle),
       {tie},
       PortState::filtered,
       {},
       {}},
  };
  for (const auto& row : rows) {
    World world = with_jobs(3);
    world.now = later;
    if (row.state != PortState::closed) world.show(1, 8888, row.state);
    world.jobs->tied = row.before;
    world.jobs->seen.note({&row.answer, 1});
    const JobTies ties = ties_of(world);
    EXPECT_EQ(ties.tied, row.tied) << row.what;
    EXPECT_EQ(ties.gone, row.gone) << row.what;
  }
}

TEST(JobPorts, StayTiedWhereTheyWereNotAsked) {
  World world = with_jobs(3);
  world.jobs->tied = {tied_to(1, 8888, {"7 bob"}), tied_to(9, 8888, {"7 bob"})};
  world.wanted = port_range(1, 1000);
  EXPECT_THAT(ties_of(world).gone, IsEmpty()) << "the sweep asked other ports, and other nodes";
  world.wanted = PortSet::all();
  world.coverage[0] = none(world.coverage[0], CoverageGap::left);
  EXPECT_THAT(ties_of(world).gone, IsEmpty()) << "the sweep left the node";
}

TEST(JobPorts, ThatMayBeOpenForAnotherReasonAreTiedToNone) {
  World world = with_jobs(3);
  world.profiles[0].rules = {
      {Protocol::tcp, port_range(40'000, 41'000), Presence::rpc, 100'021, {}},
      {Protocol::tcp, port_range(8888, 8888), Presence::optional, 0, {}}};
  world.show(1, 40'000, PortState::open);
  world.show(1, 8888, PortState::open);
  world.jobs->seen.note(std::vector{held(1, {{"7", "bob"}})});
  EXPECT_THAT(ties_of(world).tied, IsEmpty());
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(JobPorts, TextsOfStrangersAreQuoted) {
  EXPECT_EQ(job_text({"88123", "alice"}), "88123 alice");
  EXPECT_EQ(job_text({"88123[7].server", ""}), "88123[7].server");
  EXPECT_EQ(job_text({"1", "a\nb, c"}), "1 \"a\\nb; c\"");
  const std::vector<std::string> jobs = {"7 bob", "8 eve\x1b[2J", "9 x"};
  EXPECT_EQ(jobs_text({}), "a job");
  EXPECT_EQ(jobs_text(std::span(jobs).first(1)), "job 7 bob");
  EXPECT_EQ(jobs_text(jobs), "jobs 7 bob, \"8 eve\\x1b[2J\" and 1 more");
}

}  // namespace
}  // namespace lockstep
