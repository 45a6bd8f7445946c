#include "proc/stop_switch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace lockstep {
namespace {

using Signals = testing::TestWithParam<int>;

void wait_for_stop(const StopSwitch& signals) {
  while (!signals.stop()) std::this_thread::yield();
}

TEST_P(Signals, SetTheFlagInsteadOfEndingUs) {
  const StopSwitch signals;
  EXPECT_FALSE(signals.stop());
  ::kill(::getpid(), GetParam());
  wait_for_stop(signals);
}

TEST_P(Signals, EndUsTheSecondTime) {
  const auto twice = [] {
    const StopSwitch signals;
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
      const StopSwitch signals;
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
    { const StopSwitch signals; }
    ::kill(::getpid(), GetParam());
    while (true) ::pause();
  };
  EXPECT_EXIT(over(), testing::KilledBySignal(GetParam()), "");
}

TEST(StopFile, SetsTheFlagWhenItAppears) {
  std::string folder = std::filesystem::temp_directory_path() / "lockstep-stop-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string file = folder + "/stop";
  const StopSwitch stop(file);
  ::usleep(20'000);
  EXPECT_FALSE(stop.stop());
  std::ofstream(file) << "x";
  wait_for_stop(stop);
  EXPECT_TRUE(stop.by_file());
  EXPECT_FALSE(stop.interrupted());
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Each, Signals, testing::Values(SIGINT, SIGTERM, SIGHUP));

}  // namespace
}  // namespace lockstep
