#include "proc/command.h"

#include <gtest/gtest.h>

#include <cstdlib>

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

}  // namespace
}  // namespace lockstep
