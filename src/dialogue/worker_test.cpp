#include "dialogue/worker.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "dialogue/message_socket.h"
#include "services/probe_file.h"

namespace lockstep::dialogue {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kProbes = R"(
Exclude T:9
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
Probe UDP Ask q|ask|
ports 53
match domain m|^answer (\w+)| v/$1/
)";

/// Everything a tenth as patient as in earnest.
Patience little_patience() {
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
Outcome ask(Task task, const Behaviour& service, unsigned refuse_from = 100) {
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

Task tcp(Port port, std::string expected = "") {
  return {.port = port, .expected = std::move(expected), .wants_keys = false};
}

void greets(const Player& player, unsigned /*number*/) {
  player.say("SSH-2.0-sshd\r\n");
  player.stay();
}

void answers_get(const Player& player, unsigned /*number*/) {
  if (player.hear() == "GET") player.say("HTTP server nginx\n");
  player.stay();
}

TEST(Worker, AGreetingIsEnough) {
  const Outcome outcome = ask(tcp(22, "ssh"), greets);
  EXPECT_EQ(outcome.service.name, "ssh");
  EXPECT_EQ(outcome.service.product, "sshd");
  EXPECT_EQ(outcome.service.match, ServiceMatch::hard);
  EXPECT_EQ(outcome.service.banner, "SSH-2.0-sshd\r\n");
  EXPECT_TRUE(outcome.sent.empty());
  EXPECT_EQ(outcome.note, "");
}

TEST(Worker, WhatIsExpectedIsAskedFirstAndAlone) {
  unsigned connections = 0;
  const Outcome outcome = ask(tcp(8080, "http"), [&](const Player& player, unsigned number) {
    connections = number + 1;
    answers_get(player, number);
  });
  EXPECT_EQ(outcome.service.version, "nginx");
  EXPECT_EQ(connections, 1U);
  EXPECT_EQ(outcome.sent, std::vector<std::string>{"GET"});
}

TEST(Worker, WhatIsNotExpectedIsNamedToo) {
  EXPECT_EQ(ask(tcp(22, "ssh"), answers_get).service.name, "http");
  EXPECT_EQ(ask(tcp(80, "http"), greets).service.name, "ssh");
}

TEST(Worker, AnUnknownPortIsListenedToAndThenAsked) {
  const Outcome outcome = ask(tcp(8080), answers_get);
  EXPECT_EQ(outcome.service.name, "http");
  EXPECT_EQ(outcome.sent, std::vector<std::string>{"GET"});
}

TEST(Worker, OnlyListensWhereItMayNotAsk) {
  Task task = tcp(8080);
  task.may_probe = false;
  const Outcome outcome = ask(task, answers_get);
  EXPECT_EQ(outcome.service.match, ServiceMatch::none);
  EXPECT_TRUE(outcome.sent.empty());
  const Outcome excluded = ask(tcp(9), answers_get);
  EXPECT_EQ(excluded.service.match, ServiceMatch::none);
  EXPECT_TRUE(excluded.sent.empty());
}

TEST(Worker, AServiceThatTakesOneConnectionAtATimeIsNamed) {
  const Outcome outcome = ask(
      tcp(8080),
      [](const Player& player, unsigned number) {
        if (number == 0) answers_get(player, number);
      },
      1);
  EXPECT_EQ(outcome.service.name, "http");
}

TEST(Worker, RareProbesGoToTheirPortsAlone) {
  const Behaviour service = [](const Player& player, unsigned /*number*/) {
    if (player.hear() == "RARE") player.say("RARE");
    player.stay();
  };
  EXPECT_EQ(ask(tcp(7), service).service.name, "rare");
  EXPECT_EQ(ask(tcp(8), service).service.name, "");
}

TEST(Worker, ASoftMatchIsRefinedByProbesOfThatService) {
  const Outcome outcome = ask(tcp(25), [](const Player& player, unsigned /*number*/) {
    player.say("220 hello\r\n");
    if (player.hear() == "HELO") player.say("250 Postfix\r\n");
    player.stay();
  });
  EXPECT_EQ(outcome.service.name, "smtp");
  EXPECT_EQ(outcome.service.product, "Postfix");
  EXPECT_EQ(outcome.sent, std::vector<std::string>{"HELO"});
}

TEST(Worker, AGreetingThatComesLateIsHeard) {
  const Outcome outcome = ask(tcp(22), [](const Player& player, unsigned number) {
    if (number > 0) return player.stay();
    player.pause(milliseconds(250));  // longer than any single probe is waited for
    greets(player, number);
  });
  EXPECT_EQ(outcome.service.name, "ssh");
}

TEST(Worker, AnAnswerInPiecesIsPutTogether) {
  const Outcome outcome = ask(tcp(22, "ssh"), [](const Player& player, unsigned /*number*/) {
    for (const char c : std::string_view("SSH-2.0-slow\r\n")) {
      player.say({&c, 1});
      player.pause(milliseconds(2));
    }
    player.stay();
  });
  EXPECT_EQ(outcome.service.product, "slow");
}

TEST(Worker, ServicesThatSayNothingTooMuchOrTooSlowlyEndInTime) {
  const std::pair<const char*, Behaviour> services[] = {
      {"silent", [](const Player& player, unsigned /*number*/) { player.stay(); }},
      {"a megabyte",
       [](const Player& player, unsigned /*number*/) {
         const std::string much(1 << 14, 'x');
         for (int i = 0; i < 64; ++i) player.say(much);
       }},
      {"a byte now and then", [](const Player& player, unsigned /*number*/) {
         for (int i = 0; i < 40; ++i) {
           player.say("x");
           if (player.hear(milliseconds(20)).empty()) player.pause(milliseconds(10));
         }
       }}};
  for (const auto& [description, service] : services) {
    SCOPED_TRACE(description);
    const Outcome outcome = ask(tcp(22, "ssh"), service);
    EXPECT_EQ(outcome.service.match, ServiceMatch::none);
    EXPECT_LE(outcome.service.banner.size(), kMostBannerBytes);
  }
}

TEST(Worker, ASshThatExchangesNoKeysIsDoubted) {
  Task task = tcp(22, "ssh");
  task.wants_keys = true;
  const Outcome outcome = ask(task, greets);
  EXPECT_EQ(outcome.service.name, "ssh");
  EXPECT_EQ(outcome.service.match, ServiceMatch::soft);
  EXPECT_TRUE(outcome.service.hostkeys.empty());
  EXPECT_EQ(outcome.service.doubt, ServiceDoubt::no_key_exchange);
  EXPECT_NE(outcome.note.find("exchanges no keys"), std::string::npos) << outcome.note;
}

TEST(Worker, TellsHowFarItCame) {
  const Behaviour stays = [](const Player& player, unsigned) { player.stay(); };
  const Behaviour ends = [](const Player&, unsigned) {};
  const Behaviour babbles = [](const Player& player, unsigned) {
    player.say("?");
    player.stay();
  };
  const Behaviour ends_when_asked = [](const Player& player, unsigned) { player.hear(); };
  const struct {
    const char* description;
    Behaviour service;
    ServiceAnswer answer;
    unsigned refuse_from = 100;
  } rows[] = {
      {"a byte that means nothing", babbles, ServiceAnswer::spoke},
      {"a greeting", greets, ServiceAnswer::spoke},
      {"says nothing", stays, ServiceAnswer::silent},
      {"says nothing, to one connection alone", stays, ServiceAnswer::silent, 1},
      {"ends each connection", ends, ServiceAnswer::hung_up},
      {"ends each connection that it is asked over", ends_when_asked, ServiceAnswer::hung_up},
      {"refuses", greets, ServiceAnswer::unreachable, 0},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    const Outcome outcome = ask(tcp(22, "ssh"), row.service, row.refuse_from);
    EXPECT_EQ(to_string(outcome.service.answer), to_string(row.answer));
    EXPECT_EQ(outcome.service.doubt, ServiceDoubt::none);
  }
}

TEST(Worker, TellsOfConnectionsThatEndOrDoNotComeAbout) {
  EXPECT_EQ(ask(tcp(22, "ssh"), [](const Player&, unsigned) {}).note,
            "ends connections without a word");
  EXPECT_EQ(ask(tcp(22, "ssh"), greets, 0).note, "connect: Connection refused");
}

/// A TLS server with a key and a certificate of its own, made anew.
class TlsServer {
 public:
  TlsServer() : context_(SSL_CTX_new(TLS_server_method())), certificate_(X509_new()) {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509_gmtime_adj(X509_getm_notBefore(certificate_), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_pubkey(certificate_, key);
    X509_sign(certificate_, key, EVP_sha256());
    SSL_CTX_use_certificate(context_, certificate_);
    SSL_CTX_use_PrivateKey(context_, key);
    EVP_PKEY_free(key);
  }
  ~TlsServer() {
    X509_free(certificate_);
    SSL_CTX_free(context_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  /// As `ssh -2` would greet, within TLS.
  void greet(const Player& player) const {
    SSL* const session = SSL_new(context_);
    SSL_set_fd(session, player.socket());
    if (SSL_accept(session) == 1) {
      SSL_write(session, "SSH-2.0-tunnel\r\n", 16);
      player.stay();
    }
    SSL_free(session);
  }

 private:
  SSL_CTX* context_;
  X509* certificate_;
};

TEST(Worker, TlsIsFoundAndGoneInto) {
  const TlsServer server;
  for (const bool expected : {false, true}) {
    SCOPED_TRACE(expected);
    Task task = tcp(2443, expected ? "ssh" : "");
    task.expects_tls = expected;
    const Outcome outcome =
        ask(task, [&](const Player& player, unsigned /*number*/) { server.greet(player); });
    EXPECT_EQ(outcome.service.name, "ssh");
    EXPECT_EQ(outcome.service.product, "tunnel");
    EXPECT_TRUE(outcome.service.tls);
    EXPECT_EQ(outcome.service.certificate_sha256.size(), 64U);
    EXPECT_EQ(outcome.service.public_key_sha256.size(), 64U);
  }
}

TEST(Worker, WhatIsExpectedWithinTlsAndSpeaksPlainlyIsNamedToo) {
  Task task = tcp(22, "ssh");
  task.expects_tls = true;
  const Outcome outcome = ask(task, greets);
  EXPECT_EQ(outcome.service.name, "ssh");
  EXPECT_FALSE(outcome.service.tls);
}

TEST(Worker, DatagramsToo) {
  const Outcome outcome = ask({.protocol = Protocol::udp, .port = 53, .expected = ""},
                              [](const Player& player, unsigned) {
                                if (player.hear() == "ask") player.say("answer 42");
                                player.hear(milliseconds(300));
                              });
  EXPECT_EQ(outcome.service.name, "domain");
  EXPECT_EQ(outcome.service.version, "42");
}

}  // namespace
}  // namespace lockstep::dialogue
