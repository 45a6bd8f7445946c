#include "dialogue/worker.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string>
#include <vector>

#include "dialogue/test_service.h"

namespace lockstep::dialogue {
namespace {

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
