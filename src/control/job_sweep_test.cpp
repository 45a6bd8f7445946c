// Sweeps of nodes that a job scheduler gives to jobs, and what jobs leave behind.

#include "control/node_page.h"
#include "control/test_cluster.h"

namespace lockstep::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr Port kJupyter = 8888;

class JobSweep : public Cluster {
 protected:
  void SetUp() override {
    Cluster::SetUp();
    ports_.of(Protocol::tcp).insert(kJupyter);
    learn_all();
    sweep_policy_.job_ports = ports({kJupyter});
  }

  void job_begins(const std::string& node, const std::string& id, const std::string& user) {
    states_[node] = SchedulerState::allocated;
    jobs_[node] = {{id, user}};
  }

  void job_ends(const std::string& node) {
    states_.erase(node);
    jobs_.erase(node);
  }

  void listens(const std::string& node) { hosts_[node].open.insert(kJupyter); }
  void is_gone(const std::string& node) { hosts_[node].open.remove(ports({kJupyter})); }

  std::vector<NodeSchedule> schedules(const Lines& nodes) const {
    std::vector<NodeSchedule> schedules;
    for (const std::string& node : nodes) {
      const auto state = states_.find(node);
      const auto jobs = jobs_.find(node);
      NodeSchedule& schedule = schedules.emplace_back();
      schedule.node = node;
      schedule.state = gone_                    ? SchedulerState::unknown
                       : state == states_.end() ? SchedulerState::idle
                                                : state->second;
      schedule.stranger = node == "login1";
      if (schedule.stranger) schedule.state = SchedulerState::unknown;
      if (jobs != jobs_.end() && !gone_) schedule.jobs = jobs->second;
    }
    return schedules;
  }

  Lines sweep_jobs() {
    wait(1h);
    const SweepSetting whole = setting();
    SweepWorld around = world();
    answers_ = 0;
    fresh_ = 0;
    around.schedules = [this](const Lines& nodes) {
      const auto said = schedules(nodes);
      if (after_answer_) after_answer_(++answers_);
      return said;
    };
    around.wait_for_schedules = [this] {
      ++fresh_;
      if (before_fresh_) before_fresh_();
      return answers_anew_;
    };
    const auto report = sweep(whole, *store_, names(), sweep_policy_, around);
    EXPECT_TRUE(report) << (report ? "" : report.error().message());
    if (!report) return {"failed"};
    EXPECT_EQ(report->not_kept, "");
    held_.clear();
    details_.clear();
    for (const SweepRow& row : report->rows) {
      held_.push_back(row.held);
      details_.push_back(row.finding.subject.detail);
    }
    return told(*report);
  }

  Lines tied() {
    Lines lines;
    const auto kept = store_->job_listeners();
    EXPECT_TRUE(kept);
    for (const JobListener& each : *kept) {
      lines.push_back(fmt::format("{} {} {}", each.node, each.port, fmt::join(each.jobs, ", ")));
    }
    return lines;
  }

  std::map<std::string, SchedulerState> states_;  // of others: idle
  std::map<std::string, std::vector<SchedulerJob>> jobs_;
  bool gone_ = false;
  std::function<void(int)> after_answer_;  // with its number in the sweep, from 1
  std::function<void()> before_fresh_;
  bool answers_anew_ = true;
  int answers_ = 0;
  int fresh_ = 0;  // how often the sweep waited for an answer
  Lines held_;     // of each row
  Lines details_;
};

const char* const kOrphan = "high orphan-listener compute 8888/tcp open node3";
const char* const kUnexpected = "high unexpected-port compute 8888/tcp open node3";

TEST_F(JobSweep, AListenerIsItsJobsUntilThatIsOver) {
  job_begins("node3", "88123", "alice");
  listens("node3");
  EXPECT_THAT(sweep_jobs(), IsEmpty());
  EXPECT_EQ(fresh_, 0) << "nothing depended on it";
  EXPECT_THAT(tied(), ElementsAre("node3 8888 88123 alice"));
  job_ends("node3");
  states_["node3"] = SchedulerState::completing;
  EXPECT_THAT(sweep_jobs(), IsEmpty());
  job_ends("node3");
  EXPECT_THAT(sweep_jobs(), ElementsAre(kOrphan));
  EXPECT_EQ(fresh_, 1);
  EXPECT_THAT(held_, ElementsAre("node3 idle"));
  EXPECT_THAT(details_,
              ElementsAre("left behind by job 88123 alice, seen first 2026-11-25 01:00Z"));
  is_gone("node3");
  EXPECT_THAT(sweep_jobs(), IsEmpty());
  EXPECT_THAT(alerts(), ElementsAre("A-1 resolved orphan-listener 8888 node3"));
  EXPECT_THAT(tied(), IsEmpty());
}

TEST_F(JobSweep, ThePageOfANodeShowsWhoseAListenerIs) {
  job_begins("node3", "88123", "alice");
  listens("node3");
  sweep_jobs();
  const auto shown = [this] {
    const auto page = describe_node(*store_, inventory_, inventory_.nodes["node3"], now_);
    EXPECT_TRUE(page);
    return page->ports.back();
  };
  EXPECT_EQ(shown().standing, Standing::of_job);
  EXPECT_EQ(shown().jobs, "job 88123 alice");
  job_ends("node3");
  sweep_jobs();
  EXPECT_EQ(shown().standing, Standing::unexpected);
  EXPECT_EQ(shown().jobs, "job 88123 alice");
  is_gone("node3");
  sweep_jobs();
  EXPECT_EQ(shown().port, 111) << "it is not there any more";
}

TEST_F(JobSweep, AnAlertThatStandsIsNotWaitedForAgain) {
  listens("node3");
  EXPECT_THAT(sweep_jobs(), ElementsAre(kUnexpected));
  EXPECT_THAT(details_, ElementsAre("no job holds the node"));
  EXPECT_EQ(fresh_, 1);
  EXPECT_THAT(sweep_jobs(), ElementsAre(kUnexpected));
  EXPECT_EQ(fresh_, 0);
}

TEST_F(JobSweep, AJobThatEndsBetweenLookAndJudgementLeavesNoOrphanYet) {
  job_begins("node3", "88123", "alice");
  listens("node3");
  sweep_jobs();
  after_answer_ = [this](int number) {
    if (number == 1) job_ends("node3");  // right after the answer before the look
  };
  EXPECT_THAT(sweep_jobs(), IsEmpty()) << "nobody saw it open while no job held the node";
  after_answer_ = {};
  EXPECT_THAT(sweep_jobs(), ElementsAre(kOrphan));
}

TEST_F(JobSweep, AListenerThatTakesAMomentToGoIsNoOrphan) {
  job_begins("node3", "88123", "alice");
  listens("node3");
  sweep_jobs();
  job_ends("node3");
  before_collect_ = [this](int number) {
    if (number == 2) is_gone("node3");
  };
  EXPECT_THAT(sweep_jobs(), ElementsAre("low transient-port compute 8888/tcp open node3"));
  EXPECT_THAT(tied(), IsEmpty());
}

TEST_F(JobSweep, AJobThatBeganSinceTheLatestAnswerIsWaitedFor) {
  listens("node3");  // by a job of which the answer that is kept does not tell
  before_fresh_ = [this] { job_begins("node3", "9", "eve"); };
  EXPECT_THAT(sweep_jobs(), IsEmpty());
  EXPECT_EQ(fresh_, 1);
  EXPECT_THAT(tied(), ElementsAre("node3 8888 9 eve"));
}

TEST_F(JobSweep, AnOrphanIsNotHeldToBeTheNextJobsWhenThatBeginsInTime) {
  job_begins("node3", "88123", "alice");
  listens("node3");
  sweep_jobs();
  job_ends("node3");
  before_fresh_ = [this] { job_begins("node3", "9", "eve"); };
  EXPECT_THAT(sweep_jobs(), IsEmpty()) << "it may be eve's";
  EXPECT_THAT(tied(), ElementsAre("node3 8888 9 eve"));
}

TEST_F(JobSweep, ASchedulerThatIsGoneNeitherHidesNorRaises) {
  job_begins("node3", "88123", "alice");
  job_begins("node4", "88124", "bob");
  listens("node3");
  listens("node4");
  sweep_jobs();
  job_ends("node3");
  EXPECT_THAT(sweep_jobs(), ElementsAre(kOrphan));
  gone_ = true;
  EXPECT_THAT(sweep_jobs(), ElementsAre("informational unexpected-port compute - node[3-4]"));
  EXPECT_THAT(alerts(), testing::Contains("A-1 open orphan-listener 8888 node3"));
  gone_ = false;
  EXPECT_THAT(sweep_jobs(), ElementsAre(kOrphan));
  EXPECT_THAT(tied(), ElementsAre("node3 8888 88123 alice", "node4 8888 88124 bob"));
}

TEST_F(JobSweep, NoAlertRestsOnAnOldAnswer) {
  listens("node3");
  answers_anew_ = false;
  EXPECT_THAT(sweep_jobs(), ElementsAre("informational unexpected-port compute - node3"));
  answers_anew_ = true;
  EXPECT_THAT(sweep_jobs(), ElementsAre(kUnexpected));
  answers_anew_ = false;
  EXPECT_THAT(sweep_jobs(), ElementsAre(kUnexpected)) << "it stands, and nobody had to ask";
}

TEST_F(JobSweep, ANodeOfNoSchedulerIsJudgedAsEver) {
  listens("login1");
  EXPECT_THAT(sweep_jobs(), ElementsAre("high unexpected-port login 8888/tcp open login1"));
  EXPECT_EQ(fresh_, 0);
  EXPECT_THAT(held_, ElementsAre(""));
}

TEST_F(JobSweep, ARowSaysWhoHoldsItsNodes) {
  job_begins("node3", "88123", "alice");
  hosts_["node3"].open.insert(150);
  hosts_["node4"].open.insert(150);
  EXPECT_THAT(sweep_jobs(), ElementsAre("high unexpected-port compute 150/tcp open node[3-4]"));
  EXPECT_THAT(held_, ElementsAre("node3 job 88123 alice; node4 idle"));
}

TEST_F(JobSweep, WithoutASchedulerNothingIsTied) {
  listens("node3");
  EXPECT_THAT(told(sweep_all()), ElementsAre(kUnexpected));
  EXPECT_THAT(tied(), IsEmpty());
}

}  // namespace
}  // namespace lockstep::control
