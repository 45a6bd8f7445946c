// Remote engines whose launcher and senders this program plays itself: it starts itself once more,
// with tests that are disabled otherwise. What a sender does is told by the seed of its plan.

#include "sender/remote_engine.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "proc/lockdown.h"
#include "proc/rights.h"
#include "scan/kept_table.h"
#include "scan/test_plan.h"
#include "sender/channel.h"
#include "sender/sender.h"

namespace lockstep::sender {
namespace {

using scan::Answer;
using scan::Plan;
using scan::ResultTable;
using scan::test::address;
using scan::test::plan_of;
using scan::test::table_for;
using testing::HasSubstr;

enum Seed : std::uint64_t {
  kAnswers = 1,
  kFails,
  kFailsBeforeItIsReady,
  kDies,
  kDiesBeforeItIsReady,
  kUntilStopped,
  kDeaf,  // to the stop
  kTalks,
  kTellsWhatItMay,
};

/// Closed: what a sender is refused. Open: what it can.
void note(const ResultTable& table, Port port, bool refused) {
  table.record(0, port, refused ? Answer::closed : Answer::open);
}

class PlayedEngine final : public scan::Engine {
 public:
  explicit PlayedEngine(scan::WhenOpen when_open) : when_open_(std::move(when_open)) {}
  std::string_view name() const override { return "played"; }
  bool completes_handshakes() const override { return false; }

 private:
  Result<void> do_run(const Plan& plan, const ResultTable& table,
                      std::vector<std::uint32_t> targets) override {
    if (plan.seed == kFailsBeforeItIsReady) return fail(ErrorKind::unsupported, "not on this link");
    if (plan.seed == kDiesBeforeItIsReady) ::raise(SIGKILL);
    LOCKSTEP_CHECK(when_open_());
    for (const std::uint32_t target : targets) table.record(target, plan.ports[0], Answer::open);
    table.run().probes = targets.size();
    if (plan.seed == kFails) return fail(ErrorKind::denied, "the right is gone");
    if (plan.seed == kDies) ::raise(SIGKILL);
    if (plan.seed == kTalks) [[maybe_unused]]
      const auto sent = send(kSocket, "how are you?");
    while (plan.seed == kUntilStopped && !table.run().stop) std::this_thread::yield();
    while (plan.seed == kDeaf) ::poll(nullptr, 0, 1000);
    if (plan.seed == kTellsWhatItMay) {
      note(table, 2, ::socket(AF_PACKET, SOCK_RAW, 0) < 0);
      note(table, 3, ::socket(AF_INET, SOCK_RAW, 1) < 0);
      note(table, 4, ::fork() < 0);
      note(table, 5, ::execl("/bin/true", "true", nullptr) < 0);
      note(table, 6, ::kill(::getppid(), 0) < 0);
      note(table, 7, ::open("/etc/passwd", 0) < 0);
      note(table, 8, ::socket(AF_INET, SOCK_STREAM, 0) < 0);
      std::atomic<bool> ran{false};
      std::thread([&] { ran = true; }).join();
      note(table, 9, !ran);  // threads it may start
    }
    return {};
  }

  scan::WhenOpen when_open_;
};

TEST(Played, DISABLED_Sender) {
  live_with_parent();
  const auto make = [](const Order&, scan::WhenOpen when_open) {
    return std::make_unique<PlayedEngine>(std::move(when_open));
  };
  ::_exit(serve_order(kSocket, make, lock_down_sender) ? 0 : 1);
}

std::vector<std::string> played(const std::string& what) {
  return {"/proc/self/exe", "--gtest_filter=Played.DISABLED_" + what,
          "--gtest_also_run_disabled_tests", "--gtest_brief=1"};
}

TEST(Played, DISABLED_Launcher) {
  ::_exit(run_launcher(played("Sender")) ? 0 : 1);
}

class RemoteEngineTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = Launcher::start(played("Launcher"));
    ASSERT_TRUE(started) << started.error().message();
    launcher_ = std::move(*started);
  }

  Result<void> run(std::uint64_t seed, const ResultTable& table) {
    plan_.seed = seed;
    return RemoteEngine(*launcher_, EngineKind::packet).run(plan_, table);
  }

  Plan plan_ = plan_of(3, {80, 443});
  std::unique_ptr<Launcher> launcher_;
};

TEST_F(RemoteEngineTest, WritesIntoTheTableOfWhoAsked) {
  plan_.targets[2].address = address("203.0.113.1");
  const ResultTable table = table_for(plan_);
  const auto done = run(kAnswers, table);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(table.answer(0, 80), Answer::open);
  EXPECT_EQ(table.answer(1, 80), Answer::open);
  EXPECT_EQ(table.answer(2, 80), Answer::none) << "the fence stands there as well";
  EXPECT_EQ(table.target(2).status, scan::TargetStatus::fenced);
  EXPECT_EQ(table.run().probes, 2U);
}

TEST_F(RemoteEngineTest, AsksForNoSenderWhereNothingMayBeAsked) {
  plan_.fence = {};
  const ResultTable table = table_for(plan_);
  EXPECT_TRUE(run(kDies, table));
}

TEST_F(RemoteEngineTest, TellsWhyARunEndedAndTheNextOneHasANewSender) {
  const struct {
    const char* description;
    std::uint64_t seed;
    ErrorKind kind;
    const char* says;
    bool found;  // something before
  } kRows[] = {
      {"an error", kFails, ErrorKind::denied, "the right is gone", true},
      {"an error early", kFailsBeforeItIsReady, ErrorKind::unsupported, "not on this link", false},
      {"a kill -9", kDies, ErrorKind::unavailable, "ended in the middle of its work", true},
      {"a kill -9 early", kDiesBeforeItIsReady, ErrorKind::unavailable, "ended", false},
      {"what is no outcome", kTalks, ErrorKind::corrupt, "no outcome", true},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const ResultTable table = table_for(plan_);
    const auto done = run(row.seed, table);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), row.kind);
    EXPECT_THAT(done.error().message(), HasSubstr(row.says));
    EXPECT_EQ(table.answer(0, 80), row.found ? Answer::open : Answer::none);
    const ResultTable next = table_for(plan_);
    EXPECT_TRUE(run(kAnswers, next));
    EXPECT_EQ(next.answer(0, 80), Answer::open);
  }
}

TEST_F(RemoteEngineTest, StopsByTheTable) {
  const ResultTable table = table_for(plan_);
  std::jthread stopper([&] {
    while (table.run().probes == 0) std::this_thread::yield();
    table.run().stop = true;
  });
  EXPECT_TRUE(run(kUntilStopped, table));
}

TEST_F(RemoteEngineTest, ASenderThatDoesNotStopIsGivenUp) {
  const ResultTable table = table_for(plan_);
  std::jthread stopper([&] {
    while (table.run().probes == 0) std::this_thread::yield();
    table.run().stop = true;
  });
  const auto done = run(kDeaf, table);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message(), HasSubstr("did not stop"));
}

TEST_F(RemoteEngineTest, ASenderMaySendAndNothingElse) {
  const ResultTable table = table_for(plan_);
  const auto done = run(kTellsWhatItMay, table);
  ASSERT_TRUE(done) << done.error().message();
  for (Port port = 2; port <= 9; ++port) {
    EXPECT_EQ(table.answer(0, port), port < 9 ? Answer::closed : Answer::open) << port;
  }
}

TEST_F(RemoteEngineTest, GoesOnInATableThatIsKept) {
  const scan::KeepPlace place{.folder = testing::TempDir() + "/remote-kept",
                              .horizon = std::chrono::hours(1)};
  plan_.seed = kAnswers;
  {
    const auto kept = scan::KeptTable::open(place, plan_);
    ASSERT_TRUE(kept) << kept.error().message();
    EXPECT_TRUE(run(kAnswers, kept->table()));
    EXPECT_EQ(kept->table().answer(1, 80), Answer::open);
  }
  const auto again = scan::KeptTable::open(place, plan_);
  ASSERT_TRUE(again) << "its lock went with the first";
  EXPECT_EQ(again->table().answer(1, 80), Answer::open);
  ::unlink(again->path().c_str());
}

TEST_F(RemoteEngineTest, WithoutALauncherNothingCanBeSent) {
  EXPECT_FALSE(launcher_->gone());
  ::kill(launcher_->pid(), SIGKILL);
  const ResultTable table = table_for(plan_);
  const auto done = run(kAnswers, table);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind(), ErrorKind::unavailable);
  EXPECT_THAT(done.error().message(), HasSubstr("start this program again"));
  EXPECT_TRUE(launcher_->gone());
}

TEST_F(RemoteEngineTest, ALauncherThatDiesInTheMiddleTakesItsSendersWithIt) {
  const ResultTable table = table_for(plan_);
  std::jthread killer([&] {
    while (table.run().probes == 0) std::this_thread::yield();
    ::kill(launcher_->pid(), SIGKILL);
  });
  const auto done = run(kDeaf, table);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind(), ErrorKind::unavailable);
}

TEST_F(RemoteEngineTest, ALauncherKeepsTheRightsOfSendersAlone) {
  const auto sender = launcher_->start_sender();
  ASSERT_TRUE(sender) << sender.error().message();
  for (const pid_t pid : {launcher_->pid(), sender->pid}) {
    const auto rights = rights_of(pid);
    ASSERT_TRUE(rights) << rights.error().message();
    EXPECT_EQ(rights->effective & ~kSenderCapabilities, 0U) << names_of(rights->effective);
    EXPECT_EQ(rights->permitted & ~kSenderCapabilities, 0U);
    EXPECT_TRUE(rights->no_new_privileges);
  }
}

}  // namespace
}  // namespace lockstep::sender
