// Services that tests play, and a worker that is asked about one.

#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "dialogue/message_socket.h"
#include "dialogue/worker.h"
#include "services/probe_file.h"

namespace lockstep::dialogue {

using std::chrono::milliseconds;

inline constexpr std::string_view kProbes = R"(
Exclude T:9,6818
Probe TCP NULL q||
match ssh m|^SSH-([\d.]+)-([\w.]+)\r\n| p/$2/
softmatch smtp m|^220 |
Probe TCP Get q|GET|
ports 80
match http m|^HTTP server (\w+)\n| v/$1/
Probe TCP Hello q|HELO|
match smtp m|^220 [^\n]*\n250 (\w+)| p/$1/
Probe TCP Rare q|RARE|
rarity 9
ports 7
match rare m|^RARE|
Probe TCP Hello1 q|\x16\x03\x01\0\x75\x01\0\0\x71\x03\x03lockstep asks what speaks here!!\0\0\x1a\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8\xc0\x13\xc0\x14\0\x9c\0\x9d\0\x2f\0\x35\0\x0a\x01\0\0\x2e\0\x0a\0\x08\0\x06\0\x1d\0\x17\0\x18\0\x0b\0\x02\x01\0\0\x0d\0\x14\0\x12\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01\x08\x06\x06\x01\x02\x01\0\x17\0\0|
match ssl m|^\x16\x03[\0-\x04]..\x02\0|s
Probe TCP SlurmFrame q|\0\0\0\x03GET|
rarity 9
ports 6818
fallback Get
Probe UDP Ask q|ask|
ports 53
match domain m|^answer (\w+)| v/$1/
Probe TCP Rpc q|\x80\0\0\x28Lock\0\0\0\0\0\0\0\x02\0\x01\x86\xa0\0\x01\x96@\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0|
softmatch rpc m|^\x80\0\0.Lock\0\0\0\x01\0\0\0[\0\x01]|s
)";

/// Everything a tenth as patient as in earnest.
inline Patience little_patience() {
  return {.expected = milliseconds(250),
          .greeting = milliseconds(60),
          .answer = milliseconds(60),
          .rest = milliseconds(30),
          .search = milliseconds(400),
          .key = milliseconds(200)};
}

/// One side of a connection, played by a test.
class Player {
 public:
  explicit Player(UniqueFd socket) : socket_(std::move(socket)) {}

  void say(std::string_view text) const {
    ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }
  /// What the other side says within `patience`; empty: nothing, or its end.
  std::string hear(milliseconds patience = milliseconds(2000)) const {
    pollfd waiting{socket_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(patience.count())) != 1) return {};
    std::array<char, 1000> bytes;
    const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    return size > 0 ? std::string(bytes.data(), static_cast<std::size_t>(size)) : std::string();
  }
  /// Until the other side has hung up, or long after.
  void stay() const {
    for (int i = 0; i < 100 && !hear(milliseconds(3000)).empty(); ++i) {
    }
  }
  int socket() const { return socket_.get(); }
  void pause(milliseconds time) const { ::poll(nullptr, 0, static_cast<int>(time.count())); }

 private:
  UniqueFd socket_;
};

/// What a service does with connection `number` of a dialogue, in a thread of its own.
using Behaviour = std::function<void(const Player& player, unsigned number)>;

/// The side with rights, for one task: gives the worker connections to `service`.
inline Outcome ask(Task task, const Behaviour& service, unsigned refuse_from = 100) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  services::ProbeSet set;
  EXPECT_TRUE(services::parse_probe_file(kProbes, set));
  auto matcher = services::Matcher::create(std::move(set));
  std::thread worker([&] {
    EXPECT_TRUE(
        serve_tasks(theirs.get(), *matcher, {.patience = little_patience(), .lock_down = {}}));
  });
  std::vector<std::jthread> players;
  task.id = 7;
  EXPECT_TRUE(*send(ours.get(), task));
  Outcome outcome;
  for (bool over = false; !over;) {
    pollfd waiting{ours.get(), POLLIN, 0};
    if (::poll(&waiting, 1, 10'000) != 1) {
      ADD_FAILURE() << "no outcome";
      break;
    }
    auto received = receive(ours.get());
    if (!received || !*received) continue;
    if (const auto* const request = std::get_if<ConnectRequest>(&(*received)->message)) {
      Connected connected{.task = request->task, .connection = request->connection};
      if (request->connection >= refuse_from) {
        connected.error = ECONNREFUSED;
        EXPECT_TRUE(*send(ours.get(), connected));
        continue;
      }
      int pair[2];
      const int type = task.protocol == Protocol::tcp ? SOCK_STREAM : SOCK_DGRAM;
      EXPECT_EQ(::socketpair(AF_UNIX, type, 0, pair), 0);
      players.emplace_back([&service, number = request->connection, fd = pair[0]] {
        service(Player(UniqueFd(fd)), number);
      });
      EXPECT_TRUE(*send(ours.get(), connected, pair[1]));
      ::close(pair[1]);
    } else if (auto* const told = std::get_if<Outcome>(&(*received)->message)) {
      EXPECT_EQ(told->task, 7U);
      outcome = std::move(*told);
      over = true;
    }
  }
  ::shutdown(ours.get(), SHUT_RDWR);
  worker.join();
  return outcome;
}

inline Task tcp(Port port, std::string expected = "") {
  return {.port = port, .expected = std::move(expected), .wants_keys = false};
}

inline void greets(const Player& player, unsigned /*number*/) {
  player.say("SSH-2.0-sshd\r\n");
  player.stay();
}

inline void answers_get(const Player& player, unsigned /*number*/) {
  if (player.hear() == "GET") player.say("HTTP server nginx\n");
  player.stay();
}

}  // namespace lockstep::dialogue
