#include "cli/render_notify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/documents.h"

namespace lockstep::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

OutboxRow row(MessageState state) {
  const WallTime made{std::chrono::seconds(1'796'083'200)};
  return {{.id = 7,
           .channel = "ops",
           .made = made,
           .due = made + std::chrono::minutes(3),
           .tries = 2,
           .state = state,
           .problem = "away\x1b[2J"},
          "RAISED high: x"};
}

TEST(RenderNotify, ListsMessages) {
  const WallTime now{std::chrono::seconds(1'796'083'260)};
  EXPECT_EQ(outbox_text({}, now), "No message waits, and none was given up.\n");
  const std::string text = outbox_text({row(MessageState::waiting)}, now);
  EXPECT_THAT(text, HasSubstr("7   ops      waiting  1m    2      2m    RAISED high: x"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(outbox_text({row(MessageState::given_up)}, now), HasSubstr("given-up"));
  EXPECT_THAT(documents::outbox_json({row(MessageState::waiting)}),
              HasSubstr("\"id\":7,\"channel\":\"ops\",\"state\":\"waiting\""));
}

TEST(RenderNotify, SaysWhatBecameOfTests) {
  const std::vector<ChannelTest> tests = {{"ops", "webhook", ""}, {"mail", "smtp", "away"}};
  EXPECT_EQ(channel_tests_text(tests),
            "CHANNEL  TYPE     RESULT\nops      webhook  taken\nmail     smtp     away\n");
  EXPECT_THAT(channel_tests_json(tests), HasSubstr("\"taken\":false,\"problem\":\"away\""));
}

}  // namespace
}  // namespace lockstep::cli
