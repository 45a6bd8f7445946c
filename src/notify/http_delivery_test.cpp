#include "notify/http_delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::notify {
namespace {

TEST(HttpDelivery, AnAnswerSaysWhatBecomesOfAMessage) {
  struct Row {
    long status;
    Outcome outcome;
  };
  const Row rows[] = {
      {200, Outcome::delivered}, {204, Outcome::delivered},   {301, Outcome::retry},
      {400, Outcome::rejected},  {401, Outcome::unreachable}, {404, Outcome::unreachable},
      {413, Outcome::rejected},  {422, Outcome::rejected},    {429, Outcome::unreachable},
      {500, Outcome::retry},     {503, Outcome::unreachable}, {0, Outcome::retry}};
  for (const Row& row : rows) {
    const Delivery delivery =
        delivery_of(HttpAnswer{.status = row.status, .text = "no\r\n"}, "https://x");
    EXPECT_EQ(delivery.outcome, row.outcome) << row.status;
    EXPECT_EQ(delivery.problem.empty(), row.outcome == Outcome::delivered) << row.status;
    EXPECT_EQ(delivery.problem.find('\r'), std::string::npos);
  }
  const Delivery silent = delivery_of(fail(ErrorKind::unavailable, "away"), "https://x");
  EXPECT_EQ(silent.outcome, Outcome::unreachable);
  EXPECT_EQ(silent.problem, "away");
}

TEST(HttpDelivery, KeepsWhatTheOtherSideAsksFor) {
  const HttpAnswer answer{.status = 429, .text = "", .retry_after = std::chrono::seconds(7)};
  EXPECT_EQ(delivery_of(answer, "x").retry_after, std::chrono::seconds(7));
}

TEST(Transfer, ErrorsTellTheHostOfAUrlAlone) {
  EXPECT_EQ(place_of("https://hooks.example/services/T0/s3cret?x=y"), "https://hooks.example");
  EXPECT_EQ(place_of("https://u:s3cret@h.example:8443/x"), "https://h.example:8443");
  EXPECT_EQ(place_of("s3cret"), "the URL");
  EXPECT_EQ(place_of("smtp://[fd00::1]:25"), "smtp://[fd00::1]:25");
}

TEST(Transfer, WhatIsNotThereIsUnavailable) {
  const std::atomic<bool> stop{false};
  // Port 1 of loopback: nothing listens.
  const auto answer = http({.url = "http://127.0.0.1:1/s3cret"}, {.body = "{}"}, stop);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind(), ErrorKind::unavailable);
  EXPECT_THAT(answer.error().message(), testing::Not(testing::HasSubstr("s3cret")));
  EXPECT_FALSE(send_bytes({.url = "http://127.0.0.1:1"}, "x", stop).has_value());
  EXPECT_FALSE(http({.url = "file:///etc/passwd"}, {}, stop).has_value()) << "no other protocol";
  const auto denied =
      http({.url = "http://127.0.0.1:1", .token_file = "/nonexistent"}, {.body = "{}"}, stop);
  EXPECT_THAT(denied.error().message(), testing::HasSubstr("secret file"));
}

}  // namespace
}  // namespace lockstep::notify
