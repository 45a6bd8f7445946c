// The pool against workers that this program plays itself: it starts itself once more, with the one
// test that is disabled otherwise. What a port is tells the worker what to do with it.

#include "collectors/services/dialogue_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "dialogue/message_socket.h"
#include "proc/confined_child.h"

namespace lockstep {
namespace {

using dialogue::Outcome;
using dialogue::Reading;
using dialogue::Task;
using std::chrono::milliseconds;
using ::testing::Each;
using ::testing::HasSubstr;

constexpr Port kCrashes = 1;
constexpr Port kHangs = 2;
constexpr Port kNeverEnds = 3;
constexpr Port kLies = 4;       // what comes back is no message
constexpr Port kDiesAlone = 5;  // without a word on whose bytes it looks at
constexpr Port kSilentOnce = 6;
constexpr Port kGood = 1000;  // and above
constexpr Port kSlow = 2000;  // good, after a while

constexpr int kNoMoreTasksMs = 100;
constexpr int kSlowMs = 700;

Outcome outcome_of(std::uint32_t task, const char* name, ServiceAnswer answer) {
  Outcome outcome{.task = task, .service = {}, .note = {}, .sent = {}};
  outcome.service.name = name;
  outcome.service.answer = answer;
  return outcome;
}

/// Answers what is good once there is no more to do, so that whatever harms it does so before.
[[noreturn]] void play_worker() {
  std::vector<Outcome> outcomes;
  bool slow = false;
  bool was_silent = false;
  for (;;) {
    pollfd waiting{kConfinedSocket, POLLIN, 0};
    if (::poll(&waiting, 1, slow ? kSlowMs : kNoMoreTasksMs) == 0) {
      for (const Outcome& outcome : outcomes) {
        if (!dialogue::send_waiting(kConfinedSocket, outcome)) ::_exit(0);
      }
      outcomes.clear();
      continue;
    }
    auto received = dialogue::receive(kConfinedSocket);
    if (!received) ::_exit(0);
    if (!*received) continue;
    if (const auto* const ping = std::get_if<dialogue::Ping>(&(*received)->message)) {
      if (!dialogue::send_waiting(kConfinedSocket, *ping)) ::_exit(0);
    }
    const auto* const task = std::get_if<Task>(&(*received)->message);
    if (task == nullptr) continue;
    if (task->port == kDiesAlone) ::_exit(7);
    slow = slow || task->port == kSlow;
    if (task->port >= kGood || was_silent) {
      outcomes.push_back(outcome_of(task->id, "good", ServiceAnswer::spoke));
      continue;
    }
    if (task->port == kSilentOnce) {
      was_silent = true;
      outcomes.push_back(outcome_of(task->id, "", ServiceAnswer::silent));
      continue;
    }
    if (!dialogue::send_waiting(kConfinedSocket, Reading{.task = task->id})) ::_exit(0);
    if (task->port == kCrashes) ::raise(SIGKILL);
    if (task->port == kLies) [[maybe_unused]]
      const auto sent = ::write(kConfinedSocket, "?", 1);
    while (task->port == kHangs) ::pause();
  }
}

TEST(PlayedWorker, DISABLED_Works) {
  play_worker();
}

DialoguePoolOptions options() {
  DialoguePoolOptions options;
  options.command = {"/proc/self/exe", "--gtest_filter=PlayedWorker.*",
                     "--gtest_also_run_disabled_tests", "--gtest_brief=1"};
  options.fence = scan::Fence({*Prefix::parse("127.0.0.0/8")}, {});
  options.hangs_after = milliseconds(400);
  options.longest_dialogue = milliseconds(1500);
  return options;
}

/// A node for each port.
std::vector<DialogueJob> jobs(const std::vector<Port>& ports) {
  std::vector<DialogueJob> jobs;
  for (const Port port : ports) {
    Task task;
    task.port = port;
    jobs.push_back({.node = jobs.size(), .address = *IpAddress::parse("127.0.0.1"), .task = task});
  }
  return jobs;
}

TEST(DialoguePool, WhoHarmsAReaderIsLostAlone) {
  const struct {
    const char* description;
    std::vector<Port> ports;
    std::string note;
    unsigned workers = 1;
  } rows[] = {
      {"a crash", {kGood, kCrashes, kGood, kGood}, "killed by signal 9"},
      {"a crash first", {kCrashes, kGood, kGood}, "killed by signal 9"},
      {"a reader that hangs", {kGood, kHangs, kGood}, "it hung"},
      {"a dialogue without an end", {kGood, kNeverEnds, kGood}, "it took too long"},
      {"what is no message", {kGood, kLies, kGood}, "no message"},
      {"ten crashes, more than readers may end without a cause",
       {kCrashes, kCrashes, kCrashes, kCrashes, kCrashes, kGood, kCrashes, kCrashes, kCrashes,
        kCrashes, kCrashes},
       "killed by signal 9"},
      {"with two readers", {kGood, kCrashes, kGood, kHangs, kGood, kGood}, "", 2},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    DialoguePoolOptions of_row = options();
    of_row.workers = row.workers;
    DialoguePool pool(of_row);
    std::map<std::size_t, Outcome> outcomes;
    const auto report = [&](std::size_t job, Outcome outcome) {
      EXPECT_TRUE(outcomes.emplace(job, std::move(outcome)).second) << "told twice: " << job;
    };
    const auto ran = pool.run(jobs(row.ports), report, nullptr);
    ASSERT_TRUE(ran) << ran.error().message();
    ASSERT_EQ(outcomes.size(), row.ports.size());
    for (const auto& [job, outcome] : outcomes) {
      SCOPED_TRACE(job);
      const bool good = row.ports[job] >= kGood;
      EXPECT_EQ(outcome.service.name, good ? "good" : "");
      EXPECT_EQ(to_string(outcome.service.answer), good ? "spoke" : "lost");
      if (!good) {
        EXPECT_THAT(outcome.note, HasSubstr(row.note));
      }
    }
  }
}

TEST(DialoguePool, WhatIsSilentWhileEverythingIsSlowIsAskedOnceMore) {
  const struct {
    const char* description;
    Port others;
    const char* expected;
    const char* name;
  } rows[] = {{"slow", kSlow, "good", "good"},
              {"quick", kGood, "good", ""},
              {"slow, and nothing is expected", kSlow, "", ""}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    std::vector<Port> ports(32, row.others);
    ports.push_back(kSilentOnce);
    std::vector<DialogueJob> all = jobs(ports);
    for (DialogueJob& job : all) job.task.expected = "good";
    all.back().task.expected = row.expected;
    std::map<std::size_t, Outcome> outcomes;
    const auto report = [&](std::size_t job, Outcome outcome) {
      EXPECT_TRUE(outcomes.emplace(job, std::move(outcome)).second) << "told twice: " << job;
    };
    DialoguePoolOptions patient = options();
    patient.hangs_after = milliseconds(5000);
    patient.longest_dialogue = milliseconds(30000);
    ASSERT_TRUE(DialoguePool(patient).run(all, report, nullptr));
    ASSERT_EQ(outcomes.size(), ports.size());
    EXPECT_EQ(outcomes.at(ports.size() - 1).service.name, row.name);
  }
}

TEST(DialoguePool, ReadersThatEndWithoutACauseAreGivenUp) {
  DialoguePool pool(options());
  const auto report = [](std::size_t, Outcome) { ADD_FAILURE(); };
  const auto ran = pool.run(jobs({kGood, kDiesAlone}), report, nullptr);
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().message(), HasSubstr("ended with status 7"));

  DialoguePoolOptions nothing = options();
  nothing.command = {"/nonexistent"};
  EXPECT_FALSE(DialoguePool(nothing).run(jobs({kGood}), report, nullptr));
}

TEST(DialoguePool, ANodeThatIsLeftIsNotReportedAndItsReaderIsWaitedForNoLonger) {
  const struct {
    const char* description;
    Port port;
  } rows[] = {{"a dialogue that would go on", kNeverEnds}, {"a reader that hears nothing", kHangs}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    DialoguePoolOptions of_row = options();
    of_row.hangs_after = of_row.longest_dialogue = milliseconds(60'000);
    DialoguePool pool(of_row);
    std::vector<DialogueJob> all = jobs({row.port, kGood, kGood + 1});
    all[1].node = 0;  // not begun while the first goes on
    std::vector<std::size_t> reported;
    const auto report = [&](std::size_t job, const Outcome&) { reported.push_back(job); };
    // Once all that can begin has begun.
    int looks = 0;
    const auto left = [&]() -> std::vector<std::size_t> {
      return ++looks == 3 ? std::vector<std::size_t>{0} : std::vector<std::size_t>{};
    };
    const auto start = std::chrono::steady_clock::now();
    const auto ran = pool.run(all, report, nullptr, left);
    ASSERT_TRUE(ran) << ran.error().message();
    EXPECT_EQ(reported, std::vector<std::size_t>{2});
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  }
}

TEST(DialoguePool, WhatTheFenceForbidsIsNotAsked) {
  DialoguePoolOptions closed = options();
  closed.fence = scan::Fence({}, {});
  std::vector<std::string> answers;
  const auto report = [&](std::size_t, Outcome outcome) {
    answers.emplace_back(to_string(outcome.service.answer));
  };
  ASSERT_TRUE(DialoguePool(closed).run(jobs({kGood, kGood}), report, nullptr));
  EXPECT_THAT(answers, Each("unreachable"));
  EXPECT_EQ(answers.size(), 2U);
}

}  // namespace
}  // namespace lockstep
