#include "notify/backoff.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace lockstep::notify {
namespace {

using std::chrono::seconds;

TEST(Backoff, GrowsUpToFiveMinutes) {
  EXPECT_EQ(backoff(1, 0.5), seconds(2));
  EXPECT_EQ(backoff(2, 0.5), seconds(4));
  EXPECT_EQ(backoff(5, 0.5), seconds(32));
  EXPECT_EQ(backoff(100, 0.5), seconds(300));
  EXPECT_EQ(backoff(100, 0), seconds(240));
  EXPECT_EQ(backoff(100, 1), seconds(360));
}

TEST(Backoff, HeedsWhatTheOtherSideAsksFor) {
  EXPECT_EQ(backoff(1, 0.5, seconds(70)), seconds(70));
  EXPECT_EQ(backoff(9, 0.5, seconds(1)), seconds(300));
  EXPECT_EQ(backoff(1, 0.5, std::chrono::hours(99)), seconds(3600));
}

RC_GTEST_PROP(BackoffProperty, IsNeverNothingAndNeverForever, (int tries, double chance)) {
  const seconds wait = backoff(tries, chance);
  RC_ASSERT(wait >= seconds(1) && wait <= seconds(360));
}

TEST(RetryAfter, IsReadInBothForms) {
  const auto now = std::chrono::system_clock::from_time_t(1'796'083'200);  // 2026-12-01 00:00 UTC
  EXPECT_EQ(parse_retry_after("120", now), seconds(120));
  EXPECT_EQ(parse_retry_after("Tue, 01 Dec 2026 00:01:00 GMT", now), seconds(60));
  EXPECT_EQ(parse_retry_after("Mon, 30 Nov 2026 00:01:00 GMT", now), seconds(0));
  for (const char* const text : {"", "-5", "soon", "99999999999999999999999"}) {
    EXPECT_EQ(parse_retry_after(text, now), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace lockstep::notify
