#include "proc/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

namespace lockstep {
namespace {

using Signals = testing::TestWithParam<int>;

void wait_for_stop(const StopOnSignal& signals) {
  while (!signals.stop()) std::this_thread::yield();
}

TEST_P(Signals, SetTheFlagInsteadOfEndingUs) {
  const StopOnSignal signals;
  EXPECT_FALSE(signals.stop());
  ::kill(::getpid(), GetParam());
  wait_for_stop(signals);
}

TEST_P(Signals, EndUsTheSecondTime) {
  const auto twice = [] {
    const StopOnSignal signals;
    ::kill(::getpid(), GetParam());
    wait_for_stop(signals);
    ::kill(::getpid(), GetParam());
    while (true) ::pause();
  };
  EXPECT_EXIT(twice(), testing::ExitedWithCode(130), "");
}

TEST_P(Signals, ThatWereIgnoredStaySo) {
  const auto ignored = [] {
    ::signal(GetParam(), SIG_IGN);
    bool stopped = false;
    {
      const StopOnSignal signals;
      const int other = GetParam() == SIGTERM ? SIGINT : SIGTERM;
      ::kill(::getpid(), GetParam());
      ::kill(::getpid(), GetParam());  // would end us if the first one had counted
      ::kill(::getpid(), other);       // once this one is there, so would the others be
      wait_for_stop(signals);
      stopped = signals.stop();
    }
    ::_exit(stopped ? 7 : 8);
  };
  EXPECT_EXIT(ignored(), testing::ExitedWithCode(7), "");
}

TEST_P(Signals, DoWhatTheyDidOnceItIsOver) {
  const auto over = [] {
    { const StopOnSignal signals; }
    ::kill(::getpid(), GetParam());
    while (true) ::pause();
  };
  EXPECT_EXIT(over(), testing::KilledBySignal(GetParam()), "");
}

INSTANTIATE_TEST_SUITE_P(Each, Signals, testing::Values(SIGINT, SIGTERM, SIGHUP));

}  // namespace
}  // namespace lockstep
