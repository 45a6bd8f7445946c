// What does not hold together, or means no good: who copies a banner, says one thing to one
// connection and another to the next, says too much, too slowly, or nothing.

#include <gtest/gtest.h>

#include <string>

#include "dialogue/test_service.h"

namespace lockstep::dialogue {
namespace {

using std::chrono::steady_clock;

Task ssh_with_keys() {
  Task task = tcp(22, "ssh");
  task.wants_keys = true;
  return task;
}

Behaviour says(std::string text) {
  return [text = std::move(text)](const Player& player, unsigned /*number*/) {
    player.say(text);
    player.stay();
  };
}

/// `first` to one connection, `other` to all others.
Behaviour says_to_the_next(std::string first, std::string other) {
  return
      [first = std::move(first), other = std::move(other)](const Player& player, unsigned number) {
        player.say(number == 0 ? first : other);
        player.stay();
      };
}

TEST(Impostors, OnThePortOfSsh) {
  const Behaviour silent = [](const Player& player, unsigned /*number*/) { player.stay(); };
  const Behaviour late = [](const Player& player, unsigned number) {
    if (number > 0) return player.stay();
    player.pause(milliseconds(300));  // longer than what is expected is waited for
    greets(player, number);
  };
  const Behaviour web = [](const Player& player, unsigned /*number*/) {
    if (player.hear() == "GET") player.say("HTTP server nginx\n");
    player.stay();
  };
  const Behaviour in_pieces = [](const Player& player, unsigned /*number*/) {
    for (const char c : std::string_view("SSH-2.0-slow\r\n")) {
      player.say({&c, 1});
      player.pause(milliseconds(2));
    }
    player.stay();
  };
  const struct {
    const char* description;
    Behaviour service;
    unsigned connections = 100;
    std::string name{};
    ServiceAnswer answer = ServiceAnswer::spoke;
    ServiceDoubt doubt = ServiceDoubt::none;
  } rows[] = {
      {"netcat that says nothing", silent, 100, "", ServiceAnswer::silent},
      {"the same, for one connection", silent, 1, "", ServiceAnswer::silent},
      {"a banner alone", says("SSH-2.0-sshd\r\n"), 100, "ssh", ServiceAnswer::spoke,
       ServiceDoubt::no_key_exchange},
      {"a banner for one connection", says("SSH-2.0-sshd\r\n"), 1, "ssh", ServiceAnswer::spoke,
       ServiceDoubt::no_key_exchange},
      {"a banner and then no SSH", says("SSH-2.0-sshd\r\n" + std::string(50'000, 'x')), 100, "ssh",
       ServiceAnswer::spoke, ServiceDoubt::no_key_exchange},
      {"a banner in pieces", in_pieces, 100, "ssh", ServiceAnswer::spoke,
       ServiceDoubt::no_key_exchange},
      {"a banner that comes late", late, 100, "ssh", ServiceAnswer::spoke,
       ServiceDoubt::no_key_exchange},
      {"half a banner", says("SSH-2.0-ss"), 100, "", ServiceAnswer::spoke},
      {"a web server", web, 100, "http"},
      {"a web server for one connection", web, 1, "http"},
      {"a mail server", says("220 hello\r\n"), 100, "smtp"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    const Outcome outcome = ask(ssh_with_keys(), row.service, row.connections);
    EXPECT_EQ(outcome.service.name, row.name);
    EXPECT_EQ(to_string(outcome.service.answer), to_string(row.answer));
    EXPECT_EQ(to_string(outcome.service.doubt), to_string(row.doubt)) << outcome.note;
    EXPECT_TRUE(outcome.service.hostkeys.empty());
    if (row.doubt != ServiceDoubt::none) {
      EXPECT_EQ(outcome.service.match, ServiceMatch::soft);
    }
  }
}

TEST(Impostors, ASshThatGreetsOtherwiseTheNextTime) {
  const Outcome outcome = ask(tcp(22, "ssh"), greets);
  EXPECT_EQ(outcome.service.doubt, ServiceDoubt::none);
  // Without keys nothing is proven, and that is what is told.
  const Outcome other =
      ask(ssh_with_keys(), says_to_the_next("SSH-2.0-sshd\r\n", "SSH-2.0-other\r\n"));
  EXPECT_EQ(other.service.doubt, ServiceDoubt::no_key_exchange);
  EXPECT_EQ(other.service.product, "sshd");
}

TEST(Impostors, WhoSaysSomethingElseTheNextTime) {
  const Behaviour changes_its_mind = [](const Player& player, unsigned number) {
    if (player.hear() == "GET") {
      player.say(number == 0 ? "HTTP server nginx\n" : "HTTP server apache\n");
    }
    player.stay();
  };
  const struct {
    const char* description;
    Task task;
    Behaviour service;
    unsigned connections;
    ServiceDoubt doubt;
    std::string note{};
  } rows[] = {
      {"another version", tcp(80, "http"), changes_its_mind, 100, ServiceDoubt::two_answers,
       "says to one connection http nginx, to another http apache"},
      {"another service", tcp(22, "ssh"),
       says_to_the_next("SSH-2.0-sshd\r\n", "220 hello\r\n250 Postfix"), 100,
       ServiceDoubt::two_answers, "says to one connection ssh sshd, to another smtp"},
      {"the same", tcp(80, "http"), answers_get, 100, ServiceDoubt::none},
      {"no second connection", tcp(80, "http"), changes_its_mind, 1, ServiceDoubt::none},
      {"nothing to the second", tcp(22, "ssh"), says_to_the_next("SSH-2.0-sshd\r\n", ""), 100,
       ServiceDoubt::none},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    Task task = row.task;
    task.checks_twice = true;
    const Outcome outcome = ask(task, row.service, row.connections);
    EXPECT_EQ(to_string(outcome.service.doubt), to_string(row.doubt));
    EXPECT_EQ(outcome.note, row.note);
    task.checks_twice = false;
    EXPECT_EQ(ask(task, row.service, row.connections).service.doubt, ServiceDoubt::none);
  }
}

TEST(Impostors, WhoSaysTooMuchOrTooSlowlyEndsInTime) {
  const Behaviour for_ever = [](const Player& player, unsigned /*number*/) {
    const std::string much(1 << 14, 'x');
    for (int i = 0; i < 1000 && player.hear(milliseconds(0)).empty(); ++i) player.say(much);
  };
  const Behaviour slowly = [](const Player& player, unsigned /*number*/) {
    for (int i = 0; i < 60; ++i) {
      player.say("x");
      player.pause(milliseconds(30));
    }
  };
  const Behaviour a_banner_for_ever = [](const Player& player, unsigned /*number*/) {
    player.say("SSH-");
    for (int i = 0; i < 60; ++i) {
      player.say("x");
      player.pause(milliseconds(30));
    }
  };
  const Behaviour keys_for_ever = [](const Player& player, unsigned /*number*/) {
    player.say("SSH-2.0-sshd\r\n");
    for (int i = 0; i < 60; ++i) {
      player.say(std::string("\0\0\7\x40", 4));  // a packet that goes on and on
      player.pause(milliseconds(30));
    }
  };
  const struct {
    const char* description;
    Behaviour service;
  } rows[] = {{"a megabyte, again and again", for_ever},
              {"a byte now and then", slowly},
              {"a banner that never ends", a_banner_for_ever},
              {"a key exchange that never ends", keys_for_ever}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    const auto begun = steady_clock::now();
    const Outcome outcome = ask(ssh_with_keys(), row.service);
    EXPECT_NE(outcome.service.match, ServiceMatch::hard);
    EXPECT_LE(outcome.service.banner.size(), kMostBannerBytes);
    // As patient as a test is: 0.25 s + 0.4 s, or two exchanges of 0.2 s.
    EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(5));
  }
}

/// That it ends the conversation is all that tells it.
TEST(Impostors, OnThePortOfSlurmd) {
  const std::string frame("\0\0\0\x03GET", 7);
  const Behaviour slurmd = [&](const Player& player, unsigned /*number*/) {
    EXPECT_EQ(player.hear(), frame);
  };
  const Behaviour web = [&](const Player& player, unsigned /*number*/) {
    if (player.hear() == frame) player.say("HTTP server nginx\n");
    player.stay();
  };
  const Behaviour silent = [](const Player& player, unsigned /*number*/) { player.stay(); };
  const struct {
    const char* description;
    const Behaviour& service;
    std::string name;
    ServiceAnswer answer;
  } rows[] = {
      {"slurmd", slurmd, "slurmd", ServiceAnswer::spoke},
      {"a web server", web, "http", ServiceAnswer::spoke},
      {"silence", silent, "", ServiceAnswer::silent},
  };
  for (const auto& row : rows) {
    const Outcome outcome = ask(tcp(6818, "slurmd"), row.service);
    EXPECT_EQ(outcome.service.name, row.name) << row.description;
    EXPECT_EQ(outcome.service.answer, row.answer) << row.description;
  }
  // Where nobody expects it, it gets nothing.
  const Behaviour listens = [](const Player& player, unsigned /*number*/) {
    EXPECT_EQ(player.hear(milliseconds(500)), "");
  };
  EXPECT_EQ(ask(tcp(6818, ""), listens).service.name, "");
}

}  // namespace
}  // namespace lockstep::dialogue
