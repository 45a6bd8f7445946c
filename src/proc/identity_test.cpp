#include "proc/identity.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lockstep {
namespace {

TEST(Identity, OwnProcessIsAlive) {
  EXPECT_EQ(liveness_of(own_identity()), Liveness::alive);
}

TEST(Identity, AProcessThatWasKilledIsDeadEvenBeforeItIsWaitedFor) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string identity = own_identity();
    ::_exit(::write(ends[1], identity.data(), identity.size()) > 0 && ::pause() == 0 ? 0 : 1);
  }
  char text[512];
  const ssize_t size = ::read(ends[0], text, sizeof text);
  ASSERT_GT(size, 0);
  const std::string identity(text, static_cast<std::size_t>(size));
  EXPECT_EQ(liveness_of(identity), Liveness::alive);
  ::kill(child, SIGKILL);
  siginfo_t info;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(liveness_of(identity), Liveness::dead) << "a zombie";
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(liveness_of(identity), Liveness::dead);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Identity, ANumberThatIsUsedAgainIsAnotherProcess) {
  std::string identity = own_identity();
  identity.back() = identity.back() == '1' ? '2' : '1';
  EXPECT_EQ(liveness_of(identity), Liveness::dead);
}

TEST(Identity, WhatIsNotOfThisMachineIsUnknown) {
  for (const std::string& text : {std::string(), std::string("x"), std::string("a:b:1:2"),
                                  "0" + own_identity(), own_identity().substr(0, 30)}) {
    EXPECT_EQ(liveness_of(text), Liveness::unknown) << text;
  }
}

}  // namespace
}  // namespace lockstep
