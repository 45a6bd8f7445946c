#include "dialogue/messages.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace lockstep::dialogue {
namespace {

Outcome an_outcome() {
  Outcome outcome{
      .task = 7, .service = {}, .note = "odd", .sent = {"GET", std::string("\0\xff", 2)}};
  outcome.service = {.name = "ssh",
                     .match = ServiceMatch::hard,
                     .product = "OpenSSH",
                     .version = "9.2p1",
                     .info = "protocol 2.0",
                     .hostname = "h",
                     .system = "Linux",
                     .device = "d",
                     .tls = true,
                     .hostkeys = {{"ssh-ed25519", "SHA256:abc"}, {"ssh-rsa", "SHA256:def"}},
                     .certificate_sha256 = "00ff",
                     .public_key_sha256 = "11",
                     .programs = {{100003, 3, 4}, {100227, 3, 3}},
                     .banner = std::string("SSH-2.0\r\n\0\xff", 11),
                     .answer = ServiceAnswer::hung_up,
                     .doubt = ServiceDoubt::two_answers};
  return outcome;
}

TEST(Messages, ComeThroughWhole) {
  const Message messages[] = {
      Task{.id = 1,
           .protocol = Protocol::udp,
           .port = 53,
           .expected = "domain",
           .expects_tls = true,
           .may_probe = false,
           .wants_keys = false,
           .checks_twice = true,
           .programs = {100021, 100005}},
      ConnectRequest{.task = 0xffffffff, .connection = 3},
      Connected{
          .task = 2, .connection = 3, .error = 111, .round_trip = std::chrono::microseconds(90)},
      Reading{.task = 9},
      Ping{.number = 4},
      Leave{.task = 5},
      an_outcome(),
      Outcome{},
  };
  for (const Message& message : messages) {
    const auto decoded = decode(encode(message));
    ASSERT_TRUE(decoded) << message.index();
    EXPECT_EQ(*decoded, message);
  }
}

TEST(Messages, WhatIsCutShortOrTooLongIsNone) {
  const auto bytes = encode(an_outcome());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode(std::span(bytes).first(size))) << size;
  }
  auto more = bytes;
  more.push_back({});
  EXPECT_FALSE(decode(more));
}

TEST(Messages, TextsForPeopleArePrintable) {
  Outcome outcome = an_outcome();
  outcome.service.product = "a\x1b[2J";
  EXPECT_FALSE(decode(encode(outcome)));
  outcome = an_outcome();
  outcome.note = "a\n";
  EXPECT_FALSE(decode(encode(outcome)));
}

TEST(Messages, ProgramsAreInOrder) {
  const std::pair<const char*, std::vector<RpcProgram>> wrong[] = {
      {"descending", {{100003, 3, 4}, {100000, 2, 4}}},
      {"twice", {{100003, 3, 4}, {100003, 3, 3}}},
      {"versions the wrong way round", {{100003, 4, 3}}},
  };
  for (const auto& [description, programs] : wrong) {
    Outcome outcome = an_outcome();
    outcome.service.programs = programs;
    EXPECT_FALSE(decode(encode(outcome))) << description;
  }
}

TEST(Messages, WordsThatThereAreNotAreNone) {
  Outcome outcome = an_outcome();
  outcome.service.answer = static_cast<ServiceAnswer>(5);
  EXPECT_FALSE(decode(encode(outcome)));
  outcome = an_outcome();
  outcome.service.doubt = static_cast<ServiceDoubt>(3);
  EXPECT_FALSE(decode(encode(outcome)));
}

TEST(Messages, AreBounded) {
  Outcome outcome = an_outcome();
  outcome.service.banner.assign(1'000'000, 'x');
  outcome.service.product.assign(1'000'000, 'x');
  outcome.service.programs.clear();
  for (std::uint32_t i = 0; i < 1000; ++i) outcome.service.programs.push_back({i, 1, 2});
  outcome.sent.assign(1000, std::string(1000, 'y'));
  const auto bytes = encode(outcome);
  EXPECT_LE(bytes.size(), kMostMessageBytes);
  const auto decoded = decode(bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<Outcome>(*decoded).service.banner.size(), kMostBannerBytes);
}

RC_GTEST_PROP(Messages, AnyBytesAreReadWithoutHarm, ()) {
  auto bytes = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>());
  if (!bytes.empty()) bytes[0] = bytes[0] % 7;
  const auto decoded = decode(std::as_bytes(std::span(bytes)));
  if (decoded) RC_ASSERT(decode(encode(*decoded)) == decoded);
}

}  // namespace
}  // namespace lockstep::dialogue
