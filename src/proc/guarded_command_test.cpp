#include "proc/guarded_command.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/text.h"

namespace lockstep {
namespace {

using std::chrono::milliseconds;
using Words = std::vector<std::string>;

struct Ran {
  GuardedOutcome outcome;
  std::string output;
};

Ran run(const Words& words, const std::string& input = "", const GuardLimits& limits = {},
        const std::atomic<bool>* stop = nullptr) {
  Ran ran;
  const auto outcome = run_guarded(
      {words}, input, limits,
      [&](std::string_view text) {
        ran.output += text;
        return true;
      },
      stop);
  EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().message());
  if (outcome) ran.outcome = *outcome;
  return ran;
}

Ran shell(const std::string& script, const GuardLimits& limits = {}) {
  return run({"sh", "-c", script}, "", limits);
}

/// No process has this text in its command line.
bool is_gone(const std::string& mark) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline");
    std::string line;
    std::getline(file, line);
    const std::string name = entry.path().filename();
    if (name != std::to_string(::getpid()) && line.contains(mark)) return false;
  }
  return true;
}

TEST(GuardedCommand, GivesInputAndTakesOutputThatNoPipeHoldsAtOnce) {
  const std::string input(1 << 20, 'x');
  const Ran ran = run({"cat"}, input);
  EXPECT_EQ(ran.output, input);
  EXPECT_EQ(ran.outcome.end, GuardedEnd::by_itself);
  EXPECT_EQ(ran.outcome.status, 0);
}

TEST(GuardedCommand, NeedNotReadItsInput) {
  const Ran ran = run({"true"}, std::string(1 << 20, 'x'));
  EXPECT_EQ(ran.outcome.end, GuardedEnd::by_itself);
  EXPECT_EQ(ran.outcome.status, 0);
}

TEST(GuardedCommand, GivesItsWordsToNoShell) {
  EXPECT_EQ(run({"printf", "%s|", "a b", "$(id)", "*", ""}).output, "a b|$(id)|*||");
}

TEST(GuardedCommand, TellsStatusesAndComplaints) {
  const Ran ran = shell("echo out; echo why >&2; exit 3");
  EXPECT_EQ(ran.output, "out\n");
  EXPECT_EQ(ran.outcome.status, 3);
  EXPECT_EQ(ran.outcome.complaint, "why\n");
  EXPECT_EQ(shell("kill -SEGV $$").outcome.status, 128 + SIGSEGV);
  const Ran long_one = shell("seq 1 5000 >&2; echo last >&2");
  EXPECT_EQ(long_one.outcome.complaint.size(), 4096U);
  EXPECT_TRUE(long_one.outcome.complaint.ends_with("5000\nlast\n"));
}

TEST(GuardedCommand, HasNothingOfOurs) {
  ::setenv("LOCKSTEP_TEST_SECRET", "ours", 1);
  EXPECT_EQ(run({"env"}).output,
            "PATH=/usr/local/bin:/usr/bin:/bin\nLANG=C.UTF-8\nHOME=/nonexistent\n");
  EXPECT_EQ(shell("pwd; umask; ls /proc/self/fd | tr '\\n' ' '").output, "/\n0077\n0 1 2 3 ")
      << "3 is ls's own";
  const Ran rights = shell("grep -E '^(CapPrm|CapEff|CapInh|CapAmb|NoNewPrivs)' /proc/self/status");
  EXPECT_EQ(rights.output,
            "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
            "CapAmb:\t0000000000000000\nNoNewPrivs:\t1\n");
  EXPECT_EQ(shell("ulimit -c; ulimit -n").output, "0\n1024\n");
  if (::geteuid() == 0) {
    EXPECT_EQ(shell("id -u; id -G").output, "65534\n65534\n");
  }
}

TEST(GuardedCommand, EndsByItsLimits) {
  const struct {
    const char* description;
    const char* script;
    GuardLimits limits;
    GuardedEnd end;
  } rows[] = {
      {"hangs", "sleep 61", {.time = milliseconds(50)}, GuardedEnd::late},
      {"hangs and ignores SIGTERM",
       "trap '' TERM; while :; do sleep 61; done",
       {.time = milliseconds(50), .grace = milliseconds(50)},
       GuardedEnd::late},
      {"floods", "cat /dev/zero", {.output_bytes = 1000}, GuardedEnd::too_much_output},
      {"floods its error", "cat /dev/zero >&2", {.time = milliseconds(100)}, GuardedEnd::late},
      {"starts too many",
       "for i in 1 2 3 4 5 6 7 8; do sleep 61 & done; wait",
       {.processes = 4},
       GuardedEnd::too_many_processes},
      {"eats memory",
       "python3 -c 'a = []\nwhile True: a.append(bytearray(b\"x\") * (1 << 20))'",
       {.memory_bytes = 100 << 20},
       GuardedEnd::too_much_memory},
  };
  for (const auto& row : rows) {
    const Ran ran = shell(row.script, row.limits);
    EXPECT_EQ(ran.outcome.end, row.end) << row.description;
    EXPECT_LT(ran.outcome.duration, std::chrono::seconds(10)) << row.description;
    EXPECT_LE(ran.output.size(), row.limits.output_bytes) << row.description;
    EXPECT_FALSE(ran.outcome.something_stays) << row.description;
  }
}

TEST(GuardedCommand, TellsWhetherItEndsWhenAsked) {
  const GuardLimits limits{.time = milliseconds(50), .grace = milliseconds(2000)};
  EXPECT_TRUE(shell("exec sleep 61", limits).outcome.ended_on_term);
  EXPECT_FALSE(shell("trap '' TERM; while :; do sleep 61; done",
                     {.time = milliseconds(50), .grace = milliseconds(50)})
                   .outcome.ended_on_term);
}

TEST(GuardedCommand, LeavesNothingBehind) {
  const std::string mark = "3600." + std::to_string(::getpid());
  const struct {
    const char* description;
    std::string script;
  } rows[] = {
      {"a child", "sleep " + mark + " & exit 0"},
      {"one of a session of its own", "setsid sleep " + mark + " >&- 2>&- <&- & exit 0"},
      {"a daemon", "(setsid sh -c 'sleep " + mark + " & sleep " + mark + "' &) ; sleep 0.1"},
      {"one that ignores all",
       "setsid sh -c \"trap '' TERM HUP INT; sleep " + mark + "\" & exit 0"},
  };
  for (const auto& row : rows) {
    const Ran ran = shell(row.script);
    EXPECT_EQ(ran.outcome.end, GuardedEnd::by_itself) << row.description;
    EXPECT_GE(ran.outcome.left_behind, 1U) << row.description;
    EXPECT_TRUE(is_gone(mark)) << row.description;
  }
}

TEST(GuardedCommand, EndsAForkBomb) {
  const std::string mark = "bomb" + std::to_string(::getpid());
  const Ran ran = run({"python3", "-c",
                       "import os\n# " + mark +
                           "\nwhile True:\n  try:\n    if os.fork() == 0: os.setsid()\n  except "
                           "OSError: pass\n"},
                      "", {.time = milliseconds(5000)});
  EXPECT_EQ(ran.outcome.end, GuardedEnd::too_many_processes);
  EXPECT_FALSE(ran.outcome.something_stays);
  EXPECT_TRUE(is_gone(mark));
}

TEST(GuardedCommand, StopsAtOnce) {
  std::atomic<bool> stop{false};
  std::string output;
  std::chrono::steady_clock::time_point stopped;
  const auto outcome = run_guarded(
      {{"sh", "-c", "trap '' TERM; echo on; while :; do sleep 61; done"}}, "", {},
      [&](std::string_view text) {
        output += text;
        stopped = std::chrono::steady_clock::now();
        stop = true;
        return true;
      },
      &stop);
  const auto took = std::chrono::steady_clock::now() - stopped;
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, GuardedEnd::stopped);
  EXPECT_EQ(output, "on\n");
  EXPECT_LT(took, milliseconds(1000)) << "100 ms, on a machine with nothing else to do";
}

TEST(GuardedCommand, EndsWhenWeAreKilled) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t us = ::fork();
  ASSERT_GE(us, 0);
  if (us == 0) {
    // It says the number of a daemon of its own, and hangs.
    const auto ran = run_guarded(
        {{"sh", "-c", "setsid sh -c 'echo $$; exec sleep 3600' & exec sleep 3600"}}, "", {},
        [&](std::string_view text) {
          return ::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
        });
    ::_exit(ran ? 0 : 1);
  }
  char text[32]{};
  ASSERT_GT(::read(ends[0], text, sizeof text - 1), 0);
  ::close(ends[0]);
  ::close(ends[1]);
  const pid_t daemon = std::stoi(text);
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, daemon, 0U));
  ASSERT_GE(process, 0);
  ::kill(us, SIGKILL);
  EXPECT_EQ(::waitpid(us, nullptr, 0), us);
  pollfd ended{process, POLLIN, 0};
  EXPECT_EQ(::poll(&ended, 1, 10'000), 1) << "the daemon of the command is still there";
  ::close(process);
}

TEST(GuardedCommand, RunsSeveralAtOnce) {
  std::vector<std::thread> threads;
  std::array<Ran, 8> ran;
  for (std::size_t i = 0; i < ran.size(); ++i) {
    threads.emplace_back(
        [&, i] { ran[i] = run({"cat"}, std::string(200'000, static_cast<char>('a' + i))); });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < ran.size(); ++i) {
    EXPECT_EQ(ran[i].output, std::string(200'000, static_cast<char>('a' + i)));
  }
}

TEST(GuardedCommand, TellsWhatCannotBeRun) {
  const struct {
    GuardedCommand command;
    ErrorKind kind;
    const char* message;
  } rows[] = {
      {{{"lockstep-no-such-program"}}, ErrorKind::not_found, "there is no program"},
      {{{"/nowhere/mine"}}, ErrorKind::not_found, "No such file"},
      {{{"/etc/passwd"}}, ErrorKind::denied, "Permission denied"},
      {{{}}, ErrorKind::invalid, "the command is empty"},
      {{{"true"}, "no-such-user"},
       ::geteuid() == 0 ? ErrorKind::not_found : ErrorKind::denied,
       "no-such-user"},
  };
  for (const auto& row : rows) {
    const auto outcome = run_guarded(row.command, "", {}, [](std::string_view) { return true; });
    ASSERT_FALSE(outcome) << row.message;
    EXPECT_EQ(outcome.error().kind(), row.kind) << outcome.error().message();
    EXPECT_TRUE(outcome.error().message().contains(row.message)) << outcome.error().message();
  }
}

}  // namespace
}  // namespace lockstep
