#include "proc/child.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

using std::chrono::seconds;

TEST(Child, StatusIsTheCommands) {
  EXPECT_EQ(*run_child({"sh", "-c", "exit 3"}), 3);
  EXPECT_EQ(*run_child({"sh", "-c", "kill -9 $$"}), 128 + 9);
}

TEST(Child, MissingCommandIsNotFound) {
  const auto result = run_child({"/no/such/command"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::not_found);
  EXPECT_NE(result.error().message().find("/no/such/command"), std::string::npos);
}

TEST(Child, OutputIsCapturedUpToTheLimit) {
  EXPECT_EQ(capture_child({"printf", "%s", "a\nb"})->output, "a\nb");
  const auto bounded = capture_child({"head", "-c", "100000", "/dev/zero"}, 1000);
  ASSERT_TRUE(bounded);
  EXPECT_EQ(bounded->output.size(), 1000U);
  EXPECT_EQ(bounded->status, 0) << "the child must be able to write all of it";
}

TEST(Child, LinesComeOneByOneAndItsEndIsTold) {
  auto child = Child::start({"sh", "-c", "echo one; echo two; cat >/dev/null"});
  ASSERT_TRUE(child);
  EXPECT_EQ(*child->read_line(seconds(10)), "one");
  EXPECT_EQ(*child->read_line(seconds(10)), "two");
  EXPECT_EQ(child->wait(), 0) << "the end of its input ends cat";
  EXPECT_FALSE(child->read_line(seconds(10)));
}

TEST(Child, EndsWithTheObject) {
  pid_t pid = 0;
  {
    auto child = Child::start({"sleep", "100"});
    ASSERT_TRUE(child);
    pid = child->pid();
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

}  // namespace
}  // namespace lockstep
