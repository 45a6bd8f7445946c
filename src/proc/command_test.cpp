#include "proc/command.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/unique_fd.h"

namespace lockstep {
namespace {

using std::chrono::milliseconds;

// More of what limits do is in inventory/groups/shell_test.cpp, where a shell plays the command.

TEST(Command, GivesItsWordsToNoShell) {
  const auto output = run_command({{"printf", "%s|", "a b", "$(id)", "*", ""}, "", {}, "p"}, {});
  ASSERT_TRUE(output) << output.error().message();
  EXPECT_EQ(*output, "a b|$(id)|*||");
}

TEST(Command, ChangesTheEnvironment) {
  ::setenv("LOCKSTEP_TEST_A", "ours", 1);
  ::setenv("LOCKSTEP_TEST_B", "ours", 1);
  ::setenv("LOCKSTEP_TEST_BOTH", "ours", 1);
  const auto output = run_command(
      {{"sh", "-c", "echo ${LOCKSTEP_TEST_A-none} ${LOCKSTEP_TEST_B-none} $LOCKSTEP_TEST_BOTH"},
       "/",
       {"LOCKSTEP_TEST_A=theirs=x", "LOCKSTEP_TEST_B"},
       "sh"},
      {});
  ASSERT_TRUE(output) << output.error().message();
  EXPECT_EQ(*output, "theirs=x none ours\n");
}

TEST(Command, TellsWhatWentWrongByItsName) {
  const std::atomic<bool> stopped{true};
  const struct {
    std::vector<std::string> words;
    CommandLimits limits;
    ErrorKind kind;
    const char* message;
  } rows[] = {
      {{"lockstep-no-such-program"},
       {},
       ErrorKind::not_found,
       "cannot run \"lockstep-no-such-program\": "},
      {{"cat", "/dev/zero"},
       {milliseconds(60'000), 10},
       ErrorKind::invalid,
       "the command \"it\" wrote more than 10 bytes"},
      {{"cat", "/dev/fd/0", "/nowhere"},
       {},
       ErrorKind::unavailable,
       "the command \"it\" ended with status 1; it said \"cat: /nowhere"},
      {{"sh", "-c", "read line < /dev/zero"},
       {milliseconds(20), 10},
       ErrorKind::unavailable,
       "the command \"it\" did not end within 20 ms"},
      {{"sh", "-c", "read line < /dev/zero"},
       {milliseconds(60'000), 10, &stopped},
       ErrorKind::unavailable,
       "the command \"it\" was stopped"},
  };
  for (const auto& row : rows) {
    const auto output = run_command({row.words, "", {}, "it"}, row.limits);
    ASSERT_FALSE(output) << row.words[0];
    EXPECT_EQ(output.error().kind(), row.kind) << output.error().message();
    EXPECT_EQ(output.error().message().find(row.message), 0U) << output.error().message();
  }
}

/// Whether the process ends within 10 s.
bool ends(pid_t pid) {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
  if (process.get() < 0) return errno == ESRCH;
  pollfd end{process.get(), POLLIN, 0};
  return ::poll(&end, 1, 10'000) == 1;
}

TEST(Command, EndsWithWhoeverIsKilledWhileItRuns) {
  std::string folder = std::filesystem::temp_directory_path() / "lockstep-command-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string fifo = folder + "/pids";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const pid_t asker = ::fork();
  ASSERT_GE(asker, 0);
  if (asker == 0) {
    const std::string hangs = "sleep 300 & echo $$ $! >" + fifo + "; trap '' TERM HUP; wait";
    std::ignore = run_command({{"sh", "-c", hangs}, "", {}, "it"}, {milliseconds(300'000)});
    ::_exit(0);
  }
  pid_t command = 0;
  pid_t started_by_it = 0;
  std::ifstream(fifo) >> command >> started_by_it;
  ASSERT_GT(started_by_it, 0);
  ::kill(asker, SIGKILL);
  ::waitpid(asker, nullptr, 0);
  EXPECT_TRUE(ends(command));
  EXPECT_TRUE(ends(started_by_it));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace lockstep
