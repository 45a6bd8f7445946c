#include "notify/deliverer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "notify/test_messages.h"
#include "notify/test_store.h"

namespace lockstep::notify {
namespace {

using samples::at;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Answers as it was told to, and then that all is well.
class FakeChannel final : public Channel {
 public:
  Delivery send(const Message& message, const std::atomic<bool>& /*stop*/) override {
    sent.push_back(message.id);
    return answer();
  }
  std::chrono::seconds restates_every() const override { return every; }
  Delivery restate(std::span<const Message> open, const std::atomic<bool>& /*stop*/) override {
    for (const Message& message : open) restated.push_back(message.id);
    return answer();
  }

  Delivery answer() {
    if (answers.empty()) return {};
    Delivery next = answers.front();
    answers.pop_front();
    return next;
  }

  std::deque<Delivery> answers;
  std::vector<std::string> sent;
  std::vector<std::string> restated;
  std::chrono::seconds every{0};
};

class DelivererTest : public testing::Test {
 protected:
  DelivererTest() {
    policy_.channel = "ops";
    world_.chance = [] { return 0.5; };
    world_.is_alive = [this] { return alive_; };
    world_.tell = [this](const auto& problem) { told_.push_back(problem.value_or("well")); };
  }

  void put(const std::vector<std::pair<std::string, std::string>>& messages, int made = 0) {
    NoticeChanges changes;
    for (const auto& [cause, id] : messages) {
      Message message = samples::full();
      message.cause = cause;
      message.id = id;
      changes.messages.push_back({.channel = "ops",
                                  .dedup = id,
                                  .made = at(made),
                                  .due = at(made),
                                  .payload = write_message(message)});
    }
    ASSERT_TRUE(
        store_->change_notices([&](const auto&) -> Result<NoticeChanges> { return changes; }));
  }
  /// What is sent at that time.
  std::vector<std::string> turn(Deliverer& deliverer, int second) {
    channel_.sent.clear();
    EXPECT_TRUE(deliverer.turn(*store_, at(second), stop_));
    return channel_.sent;
  }
  std::vector<std::string> states() {
    std::vector<std::string> states;
    const auto all = store_->outbox({}).value();
    for (const OutboxMessage& each : all) {
      states.push_back(fmt::format("{} {} {}", each.dedup, to_string(each.state), each.tries));
    }
    std::ranges::sort(states);
    return states;
  }

  TestStore store_;
  FakeChannel channel_;
  DeliveryPolicy policy_;
  DeliveryWorld world_;
  bool alive_ = true;
  std::vector<std::string> told_;
  std::atomic<bool> stop_{false};
};

TEST_F(DelivererTest, DeliversInOrderAndOnce) {
  Deliverer deliverer(policy_, channel_, world_);
  put({{"A-1", "a"}, {"A-2", "b"}, {"A-1", "c"}});
  EXPECT_THAT(turn(deliverer, 0), ElementsAre("a", "b", "c"));
  EXPECT_THAT(turn(deliverer, 1), IsEmpty());
  EXPECT_THAT(states(), ElementsAre("a delivered 1", "b delivered 1", "c delivered 1"));
  EXPECT_THAT(told_, ElementsAre("well")) << "an earlier process may have complained";
}

TEST_F(DelivererTest, AMessageThatFailsHoldsUpItsOwnCauseAlone) {
  Deliverer deliverer(policy_, channel_, world_);
  put({{"A-1", "a"}, {"A-2", "b"}, {"A-1", "c"}});
  channel_.answers = {{Outcome::retry, "500", {}}};
  EXPECT_THAT(turn(deliverer, 0), ElementsAre("a", "b"));
  EXPECT_THAT(turn(deliverer, 1), IsEmpty());
  EXPECT_THAT(turn(deliverer, 2), ElementsAre("a", "c"));
  EXPECT_THAT(states(), ElementsAre("a delivered 2", "b delivered 1", "c delivered 1"));
}

TEST_F(DelivererTest, AChannelThatIsAwayIsAskedLessAndLess) {
  Deliverer deliverer(policy_, channel_, world_);
  put({{"A-1", "a"}, {"A-2", "b"}});
  for (int i = 0; i < 3; ++i) channel_.answers.push_back({Outcome::unreachable, "away", {}});
  std::vector<int> tried;
  for (int second = 0; second < 30; ++second) {
    if (!turn(deliverer, second).empty()) tried.push_back(second);
  }
  EXPECT_THAT(tried, ElementsAre(0, 2, 6, 14)) << "with one message each time but the last";
  EXPECT_THAT(states(), ElementsAre("a delivered 4", "b delivered 1"));
}

TEST_F(DelivererTest, WaitsAsLongAsItIsAskedTo) {
  Deliverer deliverer(policy_, channel_, world_);
  put({{"A-1", "a"}});
  channel_.answers = {{Outcome::unreachable, "429", std::chrono::seconds(60)}};
  turn(deliverer, 0);
  EXPECT_THAT(turn(deliverer, 59), IsEmpty());
  EXPECT_THAT(turn(deliverer, 60), ElementsAre("a"));
}

TEST_F(DelivererTest, GivesUpAfterThreeDaysAndSaysSo) {
  Deliverer deliverer(policy_, channel_, world_);
  put({{"A-1", "a"}});
  constexpr int kDay = 86400;
  for (int i = 0; i < 10; ++i) channel_.answers.push_back({Outcome::unreachable, "away", {}});
  turn(deliverer, 0);
  turn(deliverer, 2 * kDay);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("nothing gets through: away")));
  turn(deliverer, 3 * kDay + 1);
  EXPECT_THAT(states(), ElementsAre("a given-up 2"));
  EXPECT_THAT(told_.back(), HasSubstr("given up: away"));
  channel_.answers.clear();
  put({{"A-2", "b"}}, 3 * kDay + 2);
  turn(deliverer, 3 * kDay + 700);
  EXPECT_THAT(told_.back(), HasSubstr("given up")) << "it stands for a day";
  put({{"A-2", "c"}}, 5 * kDay);
  turn(deliverer, 5 * kDay);
  EXPECT_EQ(told_.back(), "well");
}

TEST_F(DelivererTest, WhatIsRejectedIsGivenUpAtOnce) {
  Deliverer deliverer(policy_, channel_, world_);
  put({{"A-1", "a"}, {"A-1", "b"}});
  channel_.answers = {{Outcome::rejected, "400", {}}};
  EXPECT_THAT(turn(deliverer, 0), ElementsAre("a", "b"));
  EXPECT_THAT(states(), ElementsAre("a given-up 1", "b delivered 1"));
  EXPECT_THAT(told_, ElementsAre(HasSubstr("given up: 400")));
}

TEST_F(DelivererTest, WhatCannotBeReadIsGivenUp) {
  Deliverer deliverer(policy_, channel_, world_);
  NoticeChanges changes;
  changes.messages.push_back(
      {.channel = "ops", .dedup = "a", .made = at(0), .due = at(0), .payload = "nonsense"});
  ASSERT_TRUE(
      store_->change_notices([&](const auto&) -> Result<NoticeChanges> { return changes; }));
  EXPECT_THAT(turn(deliverer, 0), IsEmpty());
  EXPECT_THAT(states(), ElementsAre("a given-up 0"));
}

TEST_F(DelivererTest, WhatWasCutShortByAStopIsNoFailure) {
  Deliverer deliverer(policy_, channel_, world_);
  put({{"A-1", "a"}});
  stop_ = true;
  EXPECT_THAT(turn(deliverer, 0), IsEmpty());
  EXPECT_THAT(states(), ElementsAre("a waiting 0"));
}

TEST_F(DelivererTest, TellsWhatIsOpenAgain) {
  channel_.every = std::chrono::seconds(60);
  Deliverer deliverer(policy_, channel_, world_);
  NoticeChanges changes;
  for (const auto& [cause, state] :
       {std::pair("A-1", NoticeState::told), std::pair("A-2", NoticeState::held),
        std::pair("A-3", NoticeState::over), std::pair("A-4", NoticeState::gathering)}) {
    Message message = samples::full();
    message.id = cause;
    changes.written.push_back({.channel = "ops",
                               .cause = cause,
                               .state = state,
                               .since = at(0),
                               .facts = write_message(message)});
  }
  ASSERT_TRUE(
      store_->change_notices([&](const auto&) -> Result<NoticeChanges> { return changes; }));
  for (const int second : {0, 30, 59, 60}) turn(deliverer, second);
  EXPECT_THAT(channel_.restated, ElementsAre("A-1", "A-2", "A-1", "A-2"));
}

TEST_F(DelivererTest, WhoIsAwayIsAskedOnceEachTimeWhateverThereIsForHim) {
  channel_.every = std::chrono::seconds(1);
  policy_.heartbeat = std::chrono::seconds(1);
  Deliverer deliverer(policy_, channel_, world_);
  put({{"A-1", "a"}});
  Message open = samples::full();
  NoticeChanges changes;
  changes.written.push_back({.channel = "ops",
                             .cause = "A-1",
                             .state = NoticeState::told,
                             .since = at(0),
                             .facts = write_message(open)});
  ASSERT_TRUE(
      store_->change_notices([&](const auto&) -> Result<NoticeChanges> { return changes; }));
  for (int i = 0; i < 3; ++i) channel_.answers.push_back({Outcome::unreachable, "away", {}});
  std::vector<int> tried;
  for (int second = 0; second < 16; ++second) {
    const std::size_t before = channel_.answers.size();
    turn(deliverer, second);
    if (channel_.answers.size() < before) tried.push_back(second);
  }
  EXPECT_THAT(tried, ElementsAre(0, 2, 6));
  EXPECT_THAT(states(), ElementsAre("a delivered 4"));
}

TEST_F(DelivererTest, SaysThatItIsAliveAsLongAsItIs) {
  policy_.heartbeat = std::chrono::seconds(300);
  Deliverer deliverer(policy_, channel_, world_);
  EXPECT_EQ(turn(deliverer, 0).size(), 1U);
  EXPECT_EQ(turn(deliverer, 299).size(), 0U);
  EXPECT_EQ(turn(deliverer, 300).size(), 1U);
  alive_ = false;
  EXPECT_EQ(turn(deliverer, 900).size(), 0U);
  alive_ = true;
  channel_.answers = {{Outcome::unreachable, "away", {}}};
  EXPECT_EQ(turn(deliverer, 901).size(), 1U);
  EXPECT_EQ(turn(deliverer, 903).size(), 1U) << "again sooner, where it did not arrive";
}

}  // namespace
}  // namespace lockstep::notify
