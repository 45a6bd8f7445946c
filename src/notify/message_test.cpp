#include "notify/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "notify/test_messages.h"

namespace lockstep::notify {
namespace {

using testing::HasSubstr;

TEST(Message, ComesBackAsItWasWritten) {
  EXPECT_EQ(read_message(write_message(samples::full())).value(), samples::full());
  const Message bare{.what = What::test, .id = "x", .cluster = "lab", .cause = "test"};
  EXPECT_EQ(read_message(write_message(bare)).value(), bare);
}

RC_GTEST_PROP(MessageProperty, AnyTextComesBack, (const std::string& text)) {
  Message message = samples::full();
  message.detail = message.cause = text;
  RC_ASSERT(read_message(write_message(message)).value() == message);
}

TEST(Message, WhatIsNoneIsCorrupt) {
  for (const char* const text : {"", "[]", "{}", "{\"what\":\"raised\"}", "nonsense"}) {
    EXPECT_EQ(read_message(text).error().kind(), ErrorKind::corrupt) << text;
  }
}

TEST(Message, HasATitleThatOneReadsFirst) {
  EXPECT_EQ(title_of(samples::full()),
            "UPDATED high: unexpected-port 4444/udp open|filtered on node[017,201] (compute+gpu)");
  Message group = samples::full();
  group.cause = "group rack7";
  group.what = What::raised;
  group.subject.port.reset();
  group.subject.state.reset();
  EXPECT_EQ(title_of(group), "RAISED high: rack7 is away on node[017,201] (compute+gpu)");
  Message many = samples::full();
  many.nodes = std::string(1000, 'n');
  many.node_count = 3000;
  EXPECT_THAT(title_of(many), HasSubstr("on 3,000 nodes"));
  EXPECT_EQ(title_of({.what = What::test, .cluster = "lab"}), "TEST: a test of this channel (lab)");
}

TEST(Message, NothingFromOutsideBreaksALine) {
  const Message hostile = samples::hostile();
  const std::string text = text_of(hostile);
  EXPECT_EQ(title_of(hostile).find_first_of("\r\n\x1b"), std::string::npos);
  for (const std::string_view line : split(text, '\n')) {
    EXPECT_FALSE(line.starts_with("Bcc")) << line;
  }
  EXPECT_EQ(text.find_first_of("\r\x1b\x07"), std::string::npos);
}

TEST(Harmless, EscapesAndCuts) {
  EXPECT_EQ(harmless("plain \"words\""), "plain \"words\"");
  EXPECT_EQ(harmless("a\r\nb"), "a\\r\\nb");
  EXPECT_EQ(harmless("back\\slash"), "back\\slash");
  EXPECT_EQ(harmless("abcdef", 3), "abc...");
  EXPECT_EQ(harmless("\xff"), "\\xff");
  EXPECT_EQ(harmless(""), "");
}

}  // namespace
}  // namespace lockstep::notify
