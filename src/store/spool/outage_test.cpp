// What a store that is away still answers; how sweeps go on and are replayed, control/spooled_test
// tries.

#include "store/spool/outage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "store/sql/sql_store.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Outages : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/lockstep-outage-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    outage_ = std::make_unique<Outage>(
        OutageWorld{.open = [this]() -> Result<std::unique_ptr<Store>> {
                      ++opened_;
                      if (gone_) return fail(kind_, word_);
                      return open_store("sqlite://" + (folder_ / "store.db").string());
                    },
                    .now = [] { return samples::at(7); },
                    .tell = [this](const std::string& line) { told_.push_back(line); }});
  }
  void TearDown() override {
    outage_.reset();
    std::filesystem::remove_all(folder_);
  }

  Replay nothing() {
    return {.record = [](const SpoolRecord&, Store&, const SpoolMark&) -> Result<void> {
              return fail(ErrorKind::corrupt, "no sense");
            },
            .begin = [this](Store&, const OutageStory&) -> Result<void> {
              ++begun_;
              return {};
            },
            .end = [this](Store&, const OutageStory& story) -> Result<void> {
              story_ = story;
              return {};
            },
            .stopped = [] { return false; }};
  }

  static Result<AlertChanges> change_nothing(const std::vector<AlertRecord>& /*book*/) {
    return AlertChanges{};
  }

  std::filesystem::path folder_;
  bool gone_ = false;
  ErrorKind kind_ = ErrorKind::unavailable;
  std::string word_ = "gone";
  int opened_ = 0;
  int begun_ = 0;
  OutageStory story_;
  std::vector<std::string> told_;
  std::unique_ptr<Outage> outage_;
};

TEST_F(Outages, ReadsAreAnsweredByWhatIsKnown) {
  const auto store = outage_->store();
  Baseline baseline;
  baseline.profile.host_type = "compute";
  baseline.profile.ports.emplace_back().port = 22;
  baseline.made = samples::at(1);
  ASSERT_TRUE(store->save_baseline(baseline));
  ASSERT_EQ(store->baselines()->size(), 1U);
  gone_ = true;
  outage_->note_away({ErrorKind::unavailable, "gone"});
  EXPECT_THAT(told_, ElementsAre(HasSubstr("the store is away: gone")));
  const int opened = opened_;
  EXPECT_EQ(store->baselines()->size(), 1U);
  EXPECT_TRUE(store->replace_inventory({}));
  EXPECT_TRUE(store->port_states()->empty());
  const auto unknown = store->alerts();
  ASSERT_FALSE(unknown) << "never read";
  EXPECT_EQ(unknown.error().kind(), ErrorKind::unavailable);
  EXPECT_THAT(unknown.error().message(), HasSubstr("gone"));
  EXPECT_FALSE(store->add_audit({.id = 0, .at = samples::at(1), .person = "kim"}))
      << "what people do is not acknowledged";
  EXPECT_EQ(opened_, opened) << "nobody waits for a server that is away";
  EXPECT_FALSE(outage_->come_back(nothing()));
  gone_ = false;
  EXPECT_TRUE(outage_->come_back(nothing()));
  EXPECT_EQ(begun_, 1);
  EXPECT_TRUE(store->alerts()->empty());
}

TEST_F(Outages, OtherErrorsAreNone) {
  const auto store = outage_->store();
  EXPECT_FALSE(store->profile("compute"));
  EXPECT_FALSE(store->finish_sweep(9, samples::end(1), {}, change_nothing));
  const auto first = store->begin_sweep(samples::claim({"n1"}, 1, PortSet::all()), samples::dead);
  ASSERT_TRUE(first);
  const auto second = store->begin_sweep(samples::claim({"n1"}, 2, PortSet::all()),
                                         [](const SweepInfo&) { return true; });
  ASSERT_FALSE(second) << "somebody else asks these nodes";
  EXPECT_FALSE(outage_->away());
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(Outages, WhateverKeepsItFromOpeningMakesItAway) {
  const auto store = outage_->store();
  const auto id = store->begin_sweep(samples::claim({"n1"}, 1, PortSet::all()), samples::dead);
  ASSERT_TRUE(id);
  // Another store is opened for another thread, and cannot be.
  gone_ = true;
  kind_ = ErrorKind::not_found;
  const auto other = outage_->store();
  EXPECT_FALSE(other->alerts());
  EXPECT_TRUE(outage_->away());
  const auto kept = store->finish_sweep(*id, samples::end(1), {}, change_nothing);
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().kind(), ErrorKind::unavailable) << "so that it goes to the spool";
  kind_ = ErrorKind::denied;
  word_ = "locked out";
  EXPECT_FALSE(outage_->come_back(nothing()));
  EXPECT_THAT(outage_->lines(), ElementsAre(HasSubstr("it is not back yet: locked out")));
}

TEST_F(Outages, WithoutASpoolWhatIsSeenIsNotKept) {
  const auto store = outage_->store();
  outage_->note_away({ErrorKind::unavailable, "gone"});
  const auto id = store->begin_sweep(samples::claim({"n1"}, 1, PortSet::all()), samples::dead);
  ASSERT_TRUE(id);
  EXPECT_LT(*id, 0);
  EXPECT_FALSE(store->finish_sweep(*id, samples::end(1), {}, change_nothing));
  const auto kept = outage_->keep_sweep("x", PortSet::all(), {}, change_nothing);
  ASSERT_FALSE(kept);
  EXPECT_THAT(kept.error().message(), HasSubstr("gone; there is no spool"));
}

TEST_F(Outages, WhatCannotBeReplayedIsCountedAndDoesNotStopTheRest) {
  auto spool = SpoolFile::open(folder_ / "spool", 1 << 20);
  ASSERT_TRUE(spool);
  outage_->keep_in(std::move(*spool));
  outage_->note_away({ErrorKind::unavailable, "gone"});
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(outage_->keep_sweep("x", PortSet::all(), {}, change_nothing));
  }
  EXPECT_THAT(outage_->lines(), ElementsAre(HasSubstr("3 records wait in the spool")));
  EXPECT_TRUE(outage_->come_back(nothing()));
  EXPECT_EQ(story_.unreadable, 3U);
  EXPECT_EQ(story_.kept, 3U);
  EXPECT_FALSE(outage_->away());
}

TEST_F(Outages, WhatIsKeptAsTheStoreComesBackIsReplayedToo) {
  auto spool = SpoolFile::open(folder_ / "spool", 1 << 20);
  ASSERT_TRUE(spool);
  outage_->keep_in(std::move(*spool));
  outage_->note_away({ErrorKind::unavailable, "gone"});
  ASSERT_TRUE(outage_->come_back(nothing()));
  // Its sweep failed before, and is kept after.
  ASSERT_TRUE(outage_->keep_sweep("x", PortSet::all(), {}, change_nothing));
  EXPECT_TRUE(outage_->away());
  EXPECT_TRUE(outage_->come_back(nothing()));
  EXPECT_EQ(story_.unreadable, 1U);
  EXPECT_FALSE(outage_->away());
}

TEST_F(Outages, RunsThatEndWhileTheRestIsReplayedAreToldOnceEach) {
  auto spool = SpoolFile::open(folder_ / "spool", 1 << 20);
  ASSERT_TRUE(spool);
  outage_->keep_in(std::move(*spool));
  const auto store = outage_->store();
  outage_->note_away({ErrorKind::unavailable, "gone"});
  InstanceRun run;
  run.instance = "fast";
  run.started = run.ended = samples::at(1);
  run.id = store->begin_run(run).value();
  ASSERT_LT(run.id, 0);
  ASSERT_TRUE(outage_->keep_sweep("x", PortSet::all(), {}, change_nothing));
  Replay replay = nothing();
  replay.record = [&](const SpoolRecord&, Store&, const SpoolMark&) -> Result<void> {
    run.state = SweepState::finished;
    outage_->hold(run);
    return fail(ErrorKind::corrupt, "no sense");
  };
  ASSERT_TRUE(outage_->come_back(replay));
  const auto real = open_store("sqlite://" + (folder_ / "store.db").string());
  ASSERT_TRUE(real);
  const auto runs = (*real)->runs(9);
  ASSERT_EQ(runs->size(), 1U);
  EXPECT_EQ(runs->front().state, SweepState::finished);
  const auto events = (*real)->events(0, 9);
  ASSERT_TRUE(events);
  EXPECT_EQ(std::ranges::count(*events, EventKind::run_ended, &Event::kind), 1);
}

}  // namespace
}  // namespace lockstep
