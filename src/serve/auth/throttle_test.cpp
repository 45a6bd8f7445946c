#include "serve/auth/throttle.h"

#include <gtest/gtest.h>

namespace lockstep::serve {
namespace {

using std::chrono::seconds;

TEST(Throttle, EachFailureAfterTheThirdDoublesTheWait) {
  Throttle throttle;
  Throttle::Clock::time_point now{};
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 14; ++i) {
    throttle.failed("kim", now);
    const auto wait = throttle.wait("kim", now);
    waits.push_back(wait.count());
    now += wait;
    EXPECT_EQ(throttle.wait("kim", now).count(), 0);
  }
  EXPECT_EQ(waits,
            (std::vector<std::int64_t>{0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300}));
  EXPECT_EQ(throttle.wait("ann", now).count(), 0);
  throttle.succeeded("kim");
  throttle.failed("kim", now);
  EXPECT_EQ(throttle.wait("kim", now).count(), 0);
}

TEST(Throttle, ForgetsAndDoesNotGrowForEver) {
  Throttle throttle;
  Throttle::Clock::time_point now{};
  for (int i = 0; i < 5; ++i) throttle.failed("kim", now);
  for (int i = 0; i < 20'000; ++i) throttle.failed(std::to_string(i), now + seconds(1));
  EXPECT_EQ(throttle.wait("kim", now).count(), 0) << "the oldest went";
  for (int i = 0; i < 5; ++i) throttle.failed("kim", now);
  EXPECT_GT(throttle.wait("kim", now).count(), 0);
  EXPECT_EQ(throttle.wait("kim", now + std::chrono::hours(2)).count(), 0);
}

}  // namespace
}  // namespace lockstep::serve
