// A worker that is told to leave a node in the middle of a dialogue.

#include <gtest/gtest.h>

#include <variant>

#include "dialogue/test_service.h"

namespace lockstep::dialogue {
namespace {

/// The next message that is not about reading; a failure where none comes.
std::optional<Received> next(int socket) {
  for (int i = 0; i < 100; ++i) {
    pollfd waiting{socket, POLLIN, 0};
    if (::poll(&waiting, 1, 5'000) != 1) break;
    auto received = receive(socket);
    if (!received) break;
    if (*received && !std::holds_alternative<Reading>((*received)->message)) {
      return std::move(**received);
    }
  }
  ADD_FAILURE() << "the worker says no more";
  return {};
}

TEST(Leave, ConnectionsAreClosedBeforeAnythingElseIsDone) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
  const UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  services::ProbeSet set;
  ASSERT_TRUE(services::parse_probe_file(kProbes, set));
  auto matcher = services::Matcher::create(std::move(set));
  // Patient: a dialogue that goes on would be seen to.
  std::jthread worker(
      [&] { EXPECT_TRUE(serve_tasks(theirs.get(), *matcher, {.patience = {}, .lock_down = {}})); });
  Task task = tcp(80, "http");
  task.id = 7;
  ASSERT_TRUE(send(ours.get(), task));
  const auto asked = next(ours.get());
  ASSERT_TRUE(asked);
  ASSERT_TRUE(std::holds_alternative<ConnectRequest>(asked->message));
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  const Player player{UniqueFd(pair[0])};
  ASSERT_TRUE(send(ours.get(), Connected{.task = 7, .connection = 0}, pair[1]));
  ::close(pair[1]);
  EXPECT_EQ(player.hear(), "GET");
  ASSERT_TRUE(send(ours.get(), Leave{.task = 7}));
  ASSERT_TRUE(send(ours.get(), Ping{.number = 9}));
  const auto reply = next(ours.get());
  ASSERT_TRUE(reply);
  EXPECT_EQ(std::get<Ping>(reply->message).number, 9U) << "and no other connection is asked for";
  std::array<char, 1> byte;
  EXPECT_EQ(::recv(player.socket(), byte.data(), byte.size(), MSG_DONTWAIT), 0) << "is closed";
  const auto last = next(ours.get());
  ASSERT_TRUE(last);
  EXPECT_EQ(std::get<Outcome>(last->message).task, 7U);
  // What is not known, or over, does no harm.
  ASSERT_TRUE(send(ours.get(), Leave{.task = 7}));
  ASSERT_TRUE(send(ours.get(), Ping{.number = 10}));
  const auto again = next(ours.get());
  ASSERT_TRUE(again);
  EXPECT_EQ(std::get<Ping>(again->message).number, 10U);
  ::shutdown(ours.get(), SHUT_RDWR);
}

}  // namespace
}  // namespace lockstep::dialogue
