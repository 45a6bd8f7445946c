#include "control/spooled.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/test_cluster.h"
#include "store/spool/outage.h"

namespace lockstep::control {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SpooledSweep sweep_with_all() {
  SpooledSweep sweep;
  sweep.sweep = -3;
  sweep.run = 17;
  sweep.started = WallTime(1'782'907'200s);
  sweep.ended = WallTime(1'782'907'260s);
  sweep.nodes = {"node1", "node2"};
  sweep.ports = PortSets(PortSet::all(), ports({53, 123, 124}));
  sweep.owner = "boot:1:2";
  sweep.host = "mon1";
  const IpAddress address = *IpAddress::parse("fd00::17");
  SweepRecord& record = sweep.record;
  record.started = sweep.started;
  record.summary.method = "packet";
  record.summary.probes_sent = 1'000'000'000'000;
  record.summary.duration = 17ms;
  record.identified_in = 3s;
  record.observations = {
      {"node1", address, "management", Protocol::tcp, 22, PortState::open, Evidence::syn_ack}};
  Coverage coverage;
  coverage.node = "node1";
  coverage.address = address;
  coverage.network = "management";
  coverage.wanted = coverage.asked = coverage.answered = 65'535;
  coverage.note = std::string("a\0b", 3);
  coverage.stack.rst = StackReply{.port = 0, .ttl = 64, .window = 512};
  record.coverage = {coverage};
  ServiceObservation service;
  service.node = "node1";
  service.address = address;
  service.port = 22;
  service.service.name = "ssh";
  service.service.match = ServiceMatch::hard;
  service.service.hostkeys = {{"ssh-ed25519", "SHA256:x"}};
  service.service.programs = {{100'000, 2, 4}};
  service.service.banner = "SSH-2.0-\xff\n";
  record.services = {service};
  sweep.transient = record.observations;
  sweep.excused = {{"node2", "powered-down"}};
  sweep.has_scheduler = true;
  NodeSchedule schedule;
  schedule.node = "node1";
  schedule.state = SchedulerState::allocated;
  schedule.jobs = {{"7", "alice"}};
  schedule.since = std::chrono::sys_seconds(5s);
  sweep.answers = {{schedule}, {}};
  sweep.asked_services = true;
  sweep.tellable = {.names = {"ssh"}, .products = {"openssh"}};
  return sweep;
}

TEST(Spooled, SweepsComeBackAsTheyWere) {
  const SpooledSweep before = sweep_with_all();
  const auto read = read_spooled(to_bytes(before));
  ASSERT_TRUE(read.has_value()) << read.error().message();
  const auto& after = std::get<SpooledSweep>(*read);
  EXPECT_EQ(to_bytes(after), to_bytes(before));
  EXPECT_EQ(after.sweep, -3);
  EXPECT_EQ(after.ports, before.ports);
  EXPECT_EQ(after.ended, before.ended);
  EXPECT_EQ(after.record.observations, before.record.observations);
  EXPECT_EQ(after.record.services, before.record.services);
  EXPECT_EQ(after.record.coverage.at(0).note, before.record.coverage.at(0).note);
  EXPECT_EQ(after.record.coverage.at(0).stack, before.record.coverage.at(0).stack);
  EXPECT_EQ(after.answers, before.answers);
  EXPECT_EQ(after.excused, before.excused);
}

TEST(Spooled, RoundsComeBackAsTheyWere) {
  SpooledRound before;
  before.instance = "versions";
  before.ended = WallTime(1'782'907'260s);
  before.counts_for = 20s;
  before.values = {{"node1", "versions", "kernel", "6.1", ""}, {"node1", "versions", "load", 0.1}};
  before.looks = {
      {.node = "node1", .instance = "versions", .network = "m", .address = {}, .tcp = "22"}};
  before.says_ports = true;
  const auto read = read_spooled(to_bytes(before));
  ASSERT_TRUE(read.has_value()) << read.error().message();
  const auto& after = std::get<SpooledRound>(*read);
  EXPECT_EQ(after.values, before.values);
  EXPECT_EQ(after.looks, before.looks);
  EXPECT_EQ(after.counts_for, before.counts_for);
}

TEST(Spooled, WhatIsCutOrOfAnotherVersionIsRefused) {
  const std::string bytes = to_bytes(sweep_with_all());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto read = read_spooled(bytes.substr(0, size));
    ASSERT_FALSE(read.has_value()) << size;
    EXPECT_EQ(read.error().kind(), ErrorKind::corrupt);
  }
  EXPECT_FALSE(read_spooled(bytes + "x").has_value());
  EXPECT_THAT(read_spooled("sweep9").error().message(), HasSubstr("another version"));
  for (std::size_t place = 0; place < bytes.size(); ++place) {
    std::string damaged = bytes;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x55);
    std::ignore = read_spooled(damaged);  // whatever it is, it ends
  }
}

/// The simulated cluster, with a store that can be taken away.
class Away : public Cluster {
 protected:
  void SetUp() override {
    Cluster::SetUp();
    learn_all();
    outage_ = make_outage();
    patient_ = outage_->store();
    real_ = std::move(store_);
    store_ = std::move(patient_);
    prime();
  }
  void TearDown() override {
    real_.reset();
    store_.reset();
    outage_.reset();
    Cluster::TearDown();
  }

  std::unique_ptr<Outage> make_outage(std::uint64_t most = 1 << 24) {
    auto outage = std::make_unique<Outage>(
        OutageWorld{.open = [this]() -> Result<std::unique_ptr<Store>> {
                      if (gone_) return fail(ErrorKind::unavailable, "the server is gone");
                      return open_store("sqlite://" + (folder_ / "store1.db").string());
                    },
                    .now = [this] { return now_; },
                    .tell = [this](const std::string& line) { told_.push_back(line); }});
    auto spool = SpoolFile::open(folder_ / "spool", most);
    EXPECT_TRUE(spool.has_value());
    outage->keep_in(std::move(*spool));
    return outage;
  }

  void prime() {
    ASSERT_TRUE(store_->profiles() && store_->baselines() && store_->sweeps(1) &&
                store_->approvals() && store_->looks() && store_->alerts() && store_->known_keys());
  }

  /// The server goes; the daemon finds out by its next call.
  void go() {
    gone_ = true;
    outage_->note_away({ErrorKind::unavailable, "the server is gone"});
  }

  SweepReport look() {
    const SweepSetting whole = setting();
    SweepWorld own = world();
    own.spool = [this](const SpooledSweep& seen, const SweepFacts& facts,
                       const DecideAlerts& decide) {
      return outage_->keep_sweep(to_bytes(seen), seen.ports, facts, decide);
    };
    auto report = sweep(whole, *store_, names(), sweep_policy_, own);
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().message());
    return report ? std::move(*report) : SweepReport{};
  }

  Replay replay() {
    return {.record = [this](const SpoolRecord& record, Store& store,
                             const SpoolMark& mark) -> Result<void> {
              if (fail_before_) return fail(ErrorKind::unavailable, "gone again");
              LOCKSTEP_TRY(const Spooled seen, read_spooled(record.bytes));
              LOCKSTEP_CHECK(replay_sweep(
                  std::get<SpooledSweep>(seen), inventory_, store, sweep_policy_,
                  [](const SweepInfo&) { return false; }, mark));
              ++replayed_;
              if (fail_after_) return fail(ErrorKind::unavailable, "the answer was lost");
              return {};
            },
            .begin = [](Store&, const OutageStory&) -> Result<void> { return {}; },
            .end = [this](Store&, const OutageStory& story) -> Result<void> {
              story_ = story;
              return {};
            },
            .stopped = [] { return false; }};
  }

  void come_back() {
    gone_ = false;
    const auto back = outage_->come_back(replay());
    EXPECT_TRUE(back.has_value()) << back.error().message();
    EXPECT_FALSE(outage_->away());
  }

  bool gone_ = false;
  bool fail_before_ = false;
  bool fail_after_ = false;
  int replayed_ = 0;
  Lines told_;
  OutageStory story_;
  std::unique_ptr<Outage> outage_;
  std::unique_ptr<Store> patient_;
  std::unique_ptr<Store> real_;  // looks past the outage
};

TEST_F(Away, WhatIsFoundMeanwhileIsToldAndAnAlertAfterwardsWithTheTimesOfThen) {
  look();
  const WallTime begun = now_;
  wait(60s);
  go();
  hosts_["node3"].open = ports({22, 111, 150});
  const WallTime found = now_;
  const SweepReport report = look();
  EXPECT_EQ(report.not_kept, "");
  EXPECT_THAT(told(report), ElementsAre("high unexpected-port compute 150/tcp open node3"));
  EXPECT_THAT(told_.back(), HasSubstr("found while the store is away: unexpected-port"));
  EXPECT_THAT(outage_->lines(),
              ElementsAre(HasSubstr("the server is gone; 1 records"), HasSubstr("150/tcp")));
  EXPECT_TRUE(real_->alerts()->empty());
  wait(600s);
  come_back();
  EXPECT_THAT(alerts(), ElementsAre("A-1 open unexpected-port 150 node3"));
  EXPECT_EQ(real_->alerts()->front().first_seen, found);
  EXPECT_EQ(real_->looks()->looks.front().looked, found);
  EXPECT_EQ(story_.since, begun + 60s);
  EXPECT_EQ(story_.kept, 1U);
  EXPECT_THAT(outage_->lines(), IsEmpty());
  EXPECT_EQ(real_->sweeps(9)->front().state, SweepState::finished);
}

TEST_F(Away, DecisionsAreMadeAnewByTheBookOfThen) {
  hosts_["node3"].open = ports({22, 111, 150});
  look();
  go();
  wait(60s);
  look();
  // Somebody who could reach the server dealt with it.
  const AlertAction mute{.kind = AlertAction::Kind::acknowledge,
                         .ids = {1},
                         .nodes = std::nullopt,
                         .person = "kim",
                         .note = "on it",
                         .duration = 1h};
  ASSERT_TRUE(
      real_->change_alerts([&](const auto& book) { return act_on_alerts(book, mute, now_); })
          .has_value());
  come_back();
  EXPECT_THAT(alerts(), ElementsAre("A-1 acknowledged unexpected-port 150 node3"));
  EXPECT_EQ(real_->alerts()->front().last_seen, now_);
}

TEST_F(Away, EachIsReplayedOnceWhereverItBreaks) {
  go();
  for (const Port port : {Port{150}, Port{151}, Port{152}}) {
    hosts_["node3"].open = ports({22, 111, port});
    wait(60s);
    look();
  }
  gone_ = false;
  fail_before_ = true;
  EXPECT_FALSE(outage_->come_back(replay()).has_value());
  EXPECT_EQ(real_->sweeps(9)->size(), 0U);
  fail_before_ = false;
  fail_after_ = true;
  EXPECT_FALSE(outage_->come_back(replay()).has_value());
  EXPECT_EQ(replayed_, 1);
  fail_after_ = false;
  // And killed: the spool is as it was, the store knows how far it is.
  outage_.reset();
  outage_ = make_outage();
  EXPECT_TRUE(outage_->away());
  come_back();
  EXPECT_EQ(replayed_, 3);
  EXPECT_EQ(real_->sweeps(9)->size(), 3U);
  store_ = outage_->store();
  EXPECT_THAT(alerts(), ElementsAre("A-1 resolved unexpected-port 150 node3",
                                    "A-2 resolved unexpected-port 151 node3",
                                    "A-3 open unexpected-port 152 node3"));
}

TEST_F(Away, WhatTheStoreHadAlreadyIsNotKeptTwice) {
  look();
  SpooledSweep seen = sweep_with_all();
  seen.sweep = 1;
  ASSERT_TRUE(replay_sweep(seen, inventory_, *real_, sweep_policy_,
                           [](const SweepInfo&) { return false; }, {.spool = "s", .number = 4})
                  .has_value());
  EXPECT_EQ(real_->sweeps(9)->size(), 1U);
  EXPECT_EQ(real_->replayed("s").value(), 4);
}

TEST_F(Away, WhoWasAskedMeanwhileIsKnownToHaveBeen) {
  look();
  go();
  wait(60s);
  look();
  const auto looks = store_->looks();
  ASSERT_TRUE(looks.has_value());
  ASSERT_FALSE(looks->looks.empty());
  for (const Look& each : looks->looks) EXPECT_EQ(each.looked, now_) << each.node;
  EXPECT_FALSE(store_->services().has_value()) << "nobody knows what is due";
  InstanceRun run;
  run.instance = "fast";
  run.started = run.ended = now_;
  run.id = store_->begin_run(run).value();
  EXPECT_LT(run.id, 0);
  run.state = SweepState::finished;
  EXPECT_TRUE(store_->save_run(run).has_value());
  come_back();
  ASSERT_EQ(real_->runs(9)->size(), 1U);
  EXPECT_EQ(real_->runs(9)->front().state, SweepState::finished);
}

TEST_F(Away, AFullSpoolKeepsFindingsAndSaysWhatItLost) {
  outage_.reset();
  outage_ = make_outage(2500);
  store_ = outage_->store();
  prime();
  look();
  go();
  hosts_["node3"].open = ports({22, 111, 150});
  look();
  for (int i = 0; i < 20; ++i) {
    wait(60s);
    look();
  }
  EXPECT_THAT(outage_->lines().front(), HasSubstr("left out for room"));
  come_back();
  EXPECT_GT(story_.left_out, 0U);
  EXPECT_EQ(story_.not_kept, 0U);
  EXPECT_THAT(alerts(), ElementsAre("A-1 open unexpected-port 150 node3"));
}

}  // namespace
}  // namespace lockstep::control
