// What is told of alerts, and what waits to be told: on every backend.

#include <gtest/gtest.h>

#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::at;

class NoticeConformance : public StoreTest {};
LOCKSTEP_ON_ALL_BACKENDS(NoticeConformance);

DecideNotices write(NoticeChanges changes) {
  return [changes = std::move(changes)](const NoticeBook&) -> Result<NoticeChanges> {
    return changes;
  };
}

DecideNotices look(NoticeBook& seen) {
  return [&seen](const NoticeBook& book) -> Result<NoticeChanges> {
    seen = book;
    return NoticeChanges{};
  };
}

/// With a value of its own in every field.
Notice notice(const std::string& channel, const std::string& cause) {
  return {.channel = channel,
          .cause = cause,
          .state = NoticeState::held,
          .since = at(1),
          .first_told = at(2),
          .last_told = at(3),
          .due = at(4),
          .messages = 5,
          .updates = 6,
          .raised = 7,
          .severity = Severity::critical,
          .nodes = "n[1-2]",
          .facts = "{\"a\":\"\xc3\xa4 \\n 'x'\"}"};
}

OutboxMessage message(const std::string& channel, const std::string& dedup) {
  return {.id = 0,
          .channel = channel,
          .dedup = dedup,
          .made = at(1),
          .due = at(2),
          .tries = 0,
          .state = MessageState::waiting,
          .payload = "{\"it's\":\"here\"}",
          .problem = ""};
}

void raise(Store& store, std::int64_t id, AlertStatus status) {
  AlertRecord record = samples::alert(id, "n1");
  record.status = status;
  ASSERT_TRUE(store.change_alerts([&](const auto&) -> Result<AlertChanges> {
    return AlertChanges{{record}, {}};
  }));
}

TEST_P(NoticeConformance, KeepsEveryField) {
  const auto store = open();
  const std::vector<Notice> written = {notice("mail", "A-2"), notice("mail", "group r1"),
                                       notice("web", "A-2")};
  ASSERT_TRUE(store->change_notices(write({.written = {written[2], written[0], written[1]}})));
  EXPECT_EQ(open()->notices().value(), written);
  Notice empty{.channel = "mail", .cause = "A-2", .since = at(9)};
  ASSERT_TRUE(store->change_notices(write({.written = {empty}, .forgotten = {{"web", "A-2"}}})));
  EXPECT_EQ(store->notices().value(), (std::vector<Notice>{empty, written[1]}));
}

TEST_P(NoticeConformance, ADecisionSeesWhatCountsAndWhatWasToldOf) {
  const auto store = open();
  raise(*store, 1, AlertStatus::open);
  raise(*store, 2, AlertStatus::resolved);
  raise(*store, 3, AlertStatus::resolved);
  raise(*store, 4, AlertStatus::pending);
  raise(*store, 5, AlertStatus::silenced);
  ASSERT_TRUE(store->change_notices(
      write({.written = {notice("web", "A-3")},
             .messages = {message("web", "a"), message("web", "b"), message("mail", "a")}})));
  NoticeBook book;
  ASSERT_TRUE(store->change_notices(look(book)));
  std::vector<std::int64_t> ids;
  for (const AlertRecord& record : book.alerts) ids.push_back(record.id);
  EXPECT_EQ(ids, (std::vector<std::int64_t>{1, 3, 5}));
  EXPECT_EQ(book.notices, std::vector<Notice>{notice("web", "A-3")});
  EXPECT_EQ(book.waiting, (std::map<std::string, std::size_t>{{"mail", 1}, {"web", 2}}));
}

TEST_P(NoticeConformance, WhatHappenedIsNewsOnceUnlessTheDecisionFails) {
  const auto store = open();
  NoticeBook book;
  ASSERT_TRUE(store->change_notices(look(book)));
  EXPECT_FALSE(book.is_news);
  raise(*store, 1, AlertStatus::open);
  const auto failing = [](const NoticeBook& seen) -> Result<NoticeChanges> {
    EXPECT_TRUE(seen.is_news);
    return fail(ErrorKind::invalid, "not now");
  };
  EXPECT_FALSE(store->change_notices(failing));
  ASSERT_TRUE(open()->change_notices(look(book)));
  EXPECT_TRUE(book.is_news);
  ASSERT_TRUE(store->change_notices(look(book)));
  EXPECT_FALSE(book.is_news);
}

TEST_P(NoticeConformance, NothingIsKeptOfAChangeThatFails) {
  const auto store = open();
  raise(*store, 1, AlertStatus::open);
  const Notice bad = notice(std::string(300, 'x'), "A-1");
  EXPECT_FALSE(store->change_notices(
      write({.written = {notice("web", "A-1"), bad}, .messages = {message("web", "a")}})));
  EXPECT_TRUE(store->notices()->empty());
  EXPECT_TRUE(store->outbox({})->empty());
  NoticeBook book;
  ASSERT_TRUE(store->change_notices(look(book)));
  EXPECT_TRUE(book.is_news);
}

TEST_P(NoticeConformance, MessagesWaitUntilTheyAreDone) {
  const auto store = open();
  ASSERT_TRUE(store->change_notices(
      write({.messages = {message("web", "a"), message("mail", "b"), message("web", "c")}})));
  auto waiting = store->outbox({.state = MessageState::waiting}).value();
  ASSERT_EQ(waiting.size(), 3U);
  EXPECT_EQ(waiting[0].dedup + waiting[1].dedup + waiting[2].dedup, "abc") << "the oldest first";
  OutboxMessage done = waiting[0];
  done.state = MessageState::delivered;
  done.due = at(7);
  done.tries = 3;
  OutboxMessage failed = waiting[1];
  failed.due = at(8);
  failed.tries = 1;
  failed.problem = "it's \xff away";
  OutboxMessage gone = waiting[2];
  gone.id = 99;
  ASSERT_TRUE(store->note_deliveries(std::vector{done, failed, gone}));
  const auto all = open()->outbox({.channel = "", .state = {}, .limit = 10}).value();
  ASSERT_EQ(all.size(), 3U);
  failed.problem = "it's \\xff away";
  EXPECT_EQ(all, (std::vector<OutboxMessage>{waiting[2], failed, done})) << "the newest first";
  EXPECT_EQ(store->outbox({.channel = "web", .state = MessageState::waiting})->size(), 1U);
  EXPECT_EQ(store->outbox({.limit = 1})->size(), 1U);
}

TEST_P(NoticeConformance, WhatIsDoneGoesWithTheEvents) {
  const auto store = open();
  ASSERT_TRUE(store->change_notices(
      write({.messages = {message("web", "a"), message("web", "b"), message("web", "c")}})));
  auto waiting = store->outbox({.state = MessageState::waiting}).value();
  waiting[0].state = MessageState::delivered;
  waiting[2].state = MessageState::given_up;
  ASSERT_TRUE(store->note_deliveries(waiting));
  ASSERT_TRUE(store->prune(at(3) + std::chrono::days(15), {}));
  EXPECT_EQ(store->outbox({})->size(), 2U) << "one waits, and the latest keeps its id";
  ASSERT_TRUE(store->change_notices(write({.messages = {message("web", "d")}})));
  EXPECT_EQ(store->outbox({})->front().id, 4);
}

}  // namespace
}  // namespace lockstep
