#include "inventory/groups/shell.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "inventory/test_folder.h"

namespace lockstep {
namespace {

using std::chrono::milliseconds;

TEST(Shell, GivesTheOutput) {
  const TestFolder folder;
  folder.write("groups", "gpu: n[1-2]\n");
  const auto output = run_shell("cat groups; pwd | wc -l; cat", folder.path(""), {});
  ASSERT_TRUE(output) << output.error().message();
  EXPECT_EQ(*output, "gpu: n[1-2]\n1\n");
}

TEST(Shell, TakesMoreThanAPipeHolds) {
  const auto output = run_shell("head -c 300000 /dev/zero", "/", {});
  ASSERT_TRUE(output) << output.error().message();
  EXPECT_EQ(output->size(), 300'000U);
}

TEST(Shell, IsNotHeldUpByManyComplaints) {
  const auto output = run_shell("head -c 300000 /dev/zero >&2; echo done", "/", {});
  ASSERT_TRUE(output) << output.error().message();
  EXPECT_EQ(*output, "done\n");
}

TEST(Shell, EndsWhatTheCommandLeavesBehind) {
  // What is left behind inherits the writing end; once it is gone, the reading end tells.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd read(ends[0]);
  UniqueFd write(ends[1]);
  const auto output = run_shell("cat /dev/zero > /dev/null & echo started", "/", {});
  ASSERT_TRUE(output) << output.error().message();
  EXPECT_EQ(*output, "started\n");
  write = UniqueFd();
  pollfd hung_up{read.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&hung_up, 1, 10'000), 1);
  EXPECT_TRUE(hung_up.revents & POLLHUP);
}

TEST(Shell, EndsWhatTakesTooLong) {
  const auto output =
      run_shell("echo looking >&2; cat /dev/zero > /dev/null", "/", {milliseconds(50), 100});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().kind(), ErrorKind::unavailable);
  EXPECT_NE(output.error().message().find("did not end within 50 ms"), std::string::npos)
      << output.error().message();
}

TEST(Shell, EndsWhatSaysTooMuch) {
  const auto output = run_shell("cat /dev/zero", "/", {milliseconds(60'000), 1000});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().kind(), ErrorKind::invalid);
  EXPECT_NE(output.error().message().find("wrote more than 1,000 bytes"), std::string::npos)
      << output.error().message();
}

TEST(Shell, TellsWhyACommandFailed) {
  const struct {
    const char* command;
    const char* message;
  } rows[] = {
      {"echo no such partition >&2; exit 3",
       "the command \"echo no such partition >&2; exit 3\" ended with status 3; it said \"no such "
       "partition\""},
      {"kill -9 $$", "the command \"kill -9 $$\" ended with signal 9"},
      {"false", "the command \"false\" ended with status 1"},
  };
  for (const auto& row : rows) {
    const auto output = run_shell(row.command, "/", {});
    ASSERT_FALSE(output) << row.command;
    EXPECT_EQ(output.error().message(), row.message);
  }
  const auto nowhere = run_shell("true", "/nowhere", {});
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().kind(), ErrorKind::not_found);
}

}  // namespace
}  // namespace lockstep
