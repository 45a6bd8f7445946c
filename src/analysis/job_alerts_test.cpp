// The life of alerts about listeners of jobs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/test_book.h"
#include "analysis/test_jobs.h"

namespace lockstep {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;

/// n1 shows 8888, as the scheduler says it is, and the ties are kept as the store keeps them.
class JobAlerts : public testing::Test {
 protected:
  void look(const NodeSchedule& answer, PortState state = PortState::open) {
    world_.now += hours(1);
    if (state == PortState::closed) {
      world_.hide(1, 8888);
    } else {
      world_.show(1, 8888, state);
    }
    world_.jobs->seen = {};
    world_.jobs->seen.note({&answer, 1});
    book_.sweep(world_, world_.now);
    const JobTies ties = ties_of(world_);
    if (!ties.gone.empty()) world_.jobs->tied.clear();
    if (!ties.tied.empty()) world_.jobs->tied = ties.tied;
  }

  World world_ = with_jobs(3);
  Book book_;
  NodeSchedule bobs_ = held(1, {{"7", "bob"}});
  NodeSchedule idle_ = in_state(1, SchedulerState::idle);
  NodeSchedule unknown_ = in_state(1, SchedulerState::unknown);
};

TEST_F(JobAlerts, AnOrphanIsRaisedAfterItsJobAndResolvedWhenItCloses) {
  look(bobs_);
  look(in_state(1, SchedulerState::completing, {{"7", "bob"}}));
  EXPECT_THAT(book_.told(), IsEmpty());
  look(idle_);
  EXPECT_THAT(book_.told(), ElementsAre("A-1 open orphan-listener n1 8888"));
  EXPECT_EQ(book_.records[0].severity, Severity::high);
  EXPECT_EQ(book_.records[0].detail, "left behind by job 7 bob, seen first 2026-07-01 13:00Z");
  look(idle_, PortState::closed);
  EXPECT_THAT(book_.told(), ElementsAre("A-1 resolved orphan-listener n1 8888 = answered closed"));
  look(idle_);
  EXPECT_THAT(book_.told().back(), "A-2 open unexpected-port n1 8888")
      << "whoever opens it now is nobody's job";
}

TEST_F(JobAlerts, AnOrphanStaysWhileTheNextJobRuns) {
  look(bobs_);
  look(idle_);
  look(held(1, {{"8", "eve"}}));
  EXPECT_THAT(book_.told(), ElementsAre("A-1 open orphan-listener n1 8888"))
      << "nothing proves that it is another listener";
  look(idle_);
  EXPECT_THAT(book_.told(), ElementsAre("A-1 open orphan-listener n1 8888"));
}

TEST_F(JobAlerts, AnOutageOfTheSchedulerNeitherHidesNorRaises) {
  look(bobs_);
  look(idle_);
  look(unknown_);
  EXPECT_THAT(book_.told(),
              ElementsAre("A-1 open orphan-listener n1 8888", "A-2 open unexpected-port n1"));
  EXPECT_EQ(book_.records[0].severity, Severity::high);
  EXPECT_EQ(book_.records[1].severity, Severity::informational);
  look(idle_);
  EXPECT_THAT(book_.told(), ElementsAre("A-1 open orphan-listener n1 8888",
                                        "A-2 resolved unexpected-port n1 = it is known now "
                                        "whether a job holds the node"));
}

TEST_F(JobAlerts, AnUnexpectedPortStaysUntilItIsProvenClosed) {
  look(idle_);
  look(unknown_);
  look(bobs_);
  EXPECT_EQ(book_.told().front(), "A-1 open unexpected-port n1 8888");
  look(idle_);
  EXPECT_EQ(book_.told().front(),
            "A-1 resolved unexpected-port n1 8888 = it is an orphan-listener now, which is an "
            "alert of its own");
  EXPECT_EQ(book_.told().back(), "A-3 open orphan-listener n1 8888");
}

TEST_F(JobAlerts, WhatClosesWhileNobodyKnowsIsOver) {
  look(unknown_);
  look(unknown_, PortState::closed);
  EXPECT_THAT(book_.told(), ElementsAre("A-1 resolved unexpected-port n1 = it is so no longer"));
}

}  // namespace
}  // namespace lockstep
