#include "notify/decider.h"

#include <gtest/gtest.h>

#include "notify/test_messages.h"
#include "notify/test_store.h"

namespace lockstep::notify {
namespace {

using samples::at;

class DeciderTest : public testing::Test {
 protected:
  DeciderTest() {
    policy_.cluster = "lab";
    policy_.channels = {{.name = "ops"}};
  }

  void raise(Severity severity, AlertStatus status = AlertStatus::open) {
    AlertRecord record;
    record.id = 1;
    record.node = "n1";
    record.severity = severity;
    record.status = status;
    record.first_seen = record.last_seen = record.changed = at(0);
    ASSERT_TRUE(store_->change_alerts([&](const auto&) -> Result<AlertChanges> {
      return AlertChanges{{record}, {}};
    }));
  }
  std::size_t messages() { return store_->outbox({})->size(); }

  TestStore store_;
  Policy policy_;
};

TEST_F(DeciderTest, PutsNewsIntoTheOutboxOnce) {
  Decider decider;
  ASSERT_TRUE(decider.turn(*store_, policy_, at(0)));
  raise(Severity::high);
  ASSERT_TRUE(decider.turn(*store_, policy_, at(1)));
  ASSERT_TRUE(decider.turn(*store_, policy_, at(2)));
  EXPECT_EQ(messages(), 1U);
  Decider after_a_crash;
  ASSERT_TRUE(after_a_crash.turn(*store_, policy_, at(3)));
  EXPECT_EQ(messages(), 1U);
  raise(Severity::high, AlertStatus::resolved);
  ASSERT_TRUE(after_a_crash.turn(*store_, policy_, at(4)));
  EXPECT_EQ(messages(), 2U);
}

TEST_F(DeciderTest, TellsOfWhatCameAndWentWhileTheStoreWasAway) {
  Decider decider;
  ASSERT_TRUE(decider.turn(*store_, policy_, at(0)));
  raise(Severity::high, AlertStatus::resolved);
  ASSERT_TRUE(decider.turn(*store_, policy_, at(60)));
  EXPECT_EQ(messages(), 0U);
  // Long before that it was seen: none of this outage.
  ASSERT_TRUE(decider.turn(*store_, policy_, at(61), at(50)));
  EXPECT_EQ(messages(), 0U);
  ASSERT_TRUE(decider.turn(*store_, policy_, at(62), at(0)));
  EXPECT_EQ(messages(), 1U);
  ASSERT_TRUE(decider.turn(*store_, policy_, at(63), at(0)));
  ASSERT_TRUE(decider.turn(*store_, policy_, at(64), at(0)));
  EXPECT_EQ(messages(), 2U) << "that it is over too, and once";
}

TEST_F(DeciderTest, LooksAgainWhenItIsDueThoughNothingHappens) {
  Decider decider;
  raise(Severity::low);
  ASSERT_TRUE(decider.turn(*store_, policy_, at(0)));
  ASSERT_TRUE(decider.turn(*store_, policy_, at(29)));
  EXPECT_EQ(messages(), 0U);
  ASSERT_TRUE(decider.turn(*store_, policy_, at(30)));
  EXPECT_EQ(messages(), 1U);
}

TEST_F(DeciderTest, AChangeOfThePolicyHoldsAtOnce) {
  Decider decider;
  raise(Severity::high);
  policy_.channels[0].least = Severity::critical;
  ASSERT_TRUE(decider.turn(*store_, policy_, at(0)));
  EXPECT_EQ(messages(), 0U);
  policy_.channels[0].least = Severity::high;
  ASSERT_TRUE(decider.turn(*store_, policy_, at(1)));
  EXPECT_EQ(messages(), 0U);
  decider.decide_anew();
  ASSERT_TRUE(decider.turn(*store_, policy_, at(2)));
  EXPECT_EQ(messages(), 1U);
}

TEST_F(DeciderTest, GoesOnAfterEventsThatAreOfNoAlert) {
  Decider decider;
  ASSERT_TRUE(decider.turn(*store_, policy_, at(0)));
  AuditEntry entry;
  entry.at = at(1);
  ASSERT_TRUE(store_->forget_instance("fast", entry));
  EXPECT_EQ(store_->latest_event().value(), 1);
  ASSERT_TRUE(decider.turn(*store_, policy_, at(1)));
  raise(Severity::high);
  ASSERT_TRUE(decider.turn(*store_, policy_, at(2)));
  EXPECT_EQ(messages(), 1U);
}

TEST_F(DeciderTest, AWindowOfMaintenanceHoldsAtOnceAndSoDoesItsEnd) {
  Decider decider;
  ASSERT_TRUE(decider.turn(*store_, policy_, at(0)));
  MaintenanceWindow window;
  window.nodes = "n1";
  window.from = at(0);
  window.until = at(100);
  window.made = at(0);
  AuditEntry entry;
  entry.at = at(1);
  ASSERT_TRUE(store_->add_maintenance(window, entry));
  raise(Severity::high);
  ASSERT_TRUE(decider.turn(*store_, policy_, at(2)));
  EXPECT_EQ(messages(), 0U);
  ASSERT_TRUE(store_->remove_maintenance(1, entry));
  ASSERT_TRUE(decider.turn(*store_, policy_, at(3)));
  EXPECT_EQ(messages(), 1U);
}

TEST_F(DeciderTest, MessagesOfAChannelThatIsGoneAreGivenUp) {
  Decider decider;
  raise(Severity::high);
  ASSERT_TRUE(decider.turn(*store_, policy_, at(0)));
  policy_.channels[0].name = "other";
  decider.decide_anew();
  ASSERT_TRUE(decider.turn(*store_, policy_, at(1)));
  const auto given_up = store_->outbox({.state = MessageState::given_up}).value();
  ASSERT_EQ(given_up.size(), 1U);
  EXPECT_EQ(given_up[0].channel, "ops");
  EXPECT_EQ(store_->outbox({.state = MessageState::waiting})->size(), 1U);
}

}  // namespace
}  // namespace lockstep::notify
