#include "dialogue/message_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>
#include <variant>

namespace lockstep::dialogue {
namespace {

std::pair<UniqueFd, UniqueFd> two_ends() {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

TEST(MessageSocket, LastWordsComeThrough) {
  for (const bool has_unread : {false, true}) {
    SCOPED_TRACE(has_unread);
    auto [ours, theirs] = two_ends();
    if (has_unread) {
      ASSERT_TRUE(*send(ours.get(), Task{}));
    }
    ASSERT_TRUE(*send(theirs.get(), Reading{.task = 7}));
    ::close(theirs.release());
    auto last = receive(ours.get());
    ASSERT_TRUE(last) << last.error().message();
    ASSERT_TRUE(*last);
    EXPECT_EQ(std::get<Reading>((*last)->message), Reading{.task = 7});
    const auto end = receive(ours.get());
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().kind(), ErrorKind::unavailable);
  }
}

TEST(MessageSocket, TellsWhatIsNoMessageFromTheEnd) {
  auto [ours, theirs] = two_ends();
  EXPECT_FALSE(*receive(ours.get()));
  ASSERT_EQ(::send(theirs.get(), "?", 1, 0), 1);
  EXPECT_EQ(receive(ours.get()).error().kind(), ErrorKind::corrupt);
}

}  // namespace
}  // namespace lockstep::dialogue
