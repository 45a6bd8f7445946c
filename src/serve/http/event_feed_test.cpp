#include "serve/http/event_feed.h"

#include <gtest/gtest.h>

#include <vector>

namespace lockstep::serve {
namespace {

TEST(EventFeed, WhoWasAwayGetsWhatIsRemembered) {
  EventFeed feed(3);
  for (int id = 1; id <= 5; ++id) feed.publish({.id = id, .text = std::to_string(id)});
  EXPECT_EQ(feed.forgotten(), 2);
  std::vector<std::int64_t> got;
  const auto take = [&](const SharedEvent& event) { got.push_back(event->id); };
  {
    const auto joined = feed.subscribe(3, take);
    for (const SharedEvent& event : joined.backlog) take(event);
    EXPECT_FALSE(joined.gap);
    EXPECT_EQ(joined.latest, 5);
    EXPECT_EQ(got, (std::vector<std::int64_t>{4, 5}));
    feed.publish({.id = 7, .text = ""});
    EXPECT_EQ(feed.listeners(), 1U);
  }
  feed.publish({.id = 8, .text = ""});
  EXPECT_EQ(got, (std::vector<std::int64_t>{4, 5, 7}));
  EXPECT_EQ(feed.listeners(), 0U);
  EXPECT_EQ(feed.forgotten(), 4);
  const auto late = feed.subscribe(3, take);
  EXPECT_TRUE(late.gap) << "4 is not remembered any more";
  EXPECT_TRUE(late.backlog.empty());
  EXPECT_FALSE(feed.subscribe(4, take).gap);
}

}  // namespace
}  // namespace lockstep::serve
