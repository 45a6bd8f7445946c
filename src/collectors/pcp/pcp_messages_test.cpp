#include "collectors/pcp/pcp_messages.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace lockstep::pcp {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto* const first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

TEST(PcpMessages, ComeBackAsTheyWere) {
  const Message rows[] = {
      Settings{},
      Settings{.most_instances = 7, .metrics = {"kernel.all.load", "mem.physmem"}},
      Open{.connection = 0xffffffff},
      Ask{.connection = 1, .patience = std::chrono::milliseconds(2000)},
      Values{.connection = 3, .values = {}},
      Values{.connection = 3,
             .values = {{.name = "a", .value = -1.5e300, .unit = "byte / sec"},
                        {.name = "a[b]", .value = std::string("\0\n\xff", 3)},
                        {.name = "", .value = std::string()}}},
      Done{.connection = 4, .problem = {}},
      Done{.connection = 4, .problem = "Connection reset by peer"},
      Close{.connection = 5},
      Ping{},
  };
  for (const Message& row : rows) EXPECT_EQ(decode(encode(row)), row) << row.index();
}

RC_GTEST_PROP(PcpMessages, TakeAnyTextAndNumber, (const std::string& text, double number)) {
  const Values said{.connection = 1,
                    .values = {{.name = "n", .value = text.substr(0, kMaxValueTextBytes)},
                               {.name = "m", .value = number}}};
  RC_ASSERT(decode(encode(said)) == Message(said));
}

TEST(PcpMessages, AreNeverLongerThanTheyMay) {
  Values values;
  for (int i = 0; i < 300; ++i) {
    values.values.push_back({.name = std::string(200, 'n'),
                             .value = std::string(5000, 'v'),
                             .unit = std::string(200, 'u')});
  }
  const auto encoded = encode(values);
  EXPECT_LE(encoded.size(), kMostMessageBytes);
  const auto back = decode(encoded);
  ASSERT_TRUE(back);
  EXPECT_EQ(std::get<Values>(*back).values.size(), kMostValuesAMessage);
  const std::vector<std::string> metrics(300, std::string(200, 'm'));
  EXPECT_LE(encode(Settings{.metrics = metrics}).size(), kMostMessageBytes);
}

TEST(PcpMessages, WhatIsNoneIsRefused) {
  using namespace std::string_view_literals;
  struct Row {
    const char* description;
    std::string_view bytes;
  };
  const Row rows[] = {
      {"nothing", ""sv},
      {"no kind", "\0"sv},
      {"an unknown kind", "\x08"sv},
      {"cut", "\x02\0\0\0"sv},
      {"one byte more", "\x07\0"sv},
      {"a metric that is none", "\x01\0\1\0\1\0\1["sv},
      {"more metrics than there are", "\x01\0\1\0\2\0\1a"sv},
      {"too many metrics", "\x01\0\1\xff\xff"sv},
      {"a value of no kind", "\x04\0\0\0\1\1\0\1a\0\0\x03"sv},
      {"not a number", "\x04\0\0\0\1\1\0\1a\0\0\x01\x7f\xf8\0\0\0\0\0\0"sv},
      {"infinite", "\x04\0\0\0\1\1\0\1a\0\0\x01\x7f\xf0\0\0\0\0\0\0"sv},
      {"a name that is too long", "\x04\0\0\0\1\1\0\x65"sv},
      {"too many values", "\x04\0\0\0\1\xff"sv},
  };
  for (const Row& row : rows)
    EXPECT_EQ(decode(bytes_of(row.bytes)), std::nullopt) << row.description;
}

}  // namespace
}  // namespace lockstep::pcp
