#include "scan/stack_signature.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "scan/stack_words.h"

namespace lockstep::scan {
namespace {

TEST(StackWords, KnowTheTtlThatSystemsBeginWith) {
  const struct {
    unsigned received;
    unsigned initial;
  } kRows[] = {{0, 32},  {1, 32},   {32, 32},   {33, 64},   {63, 64},
               {64, 64}, {65, 128}, {128, 128}, {129, 255}, {255, 255}};
  for (const auto& row : kRows) EXPECT_EQ(lockstep_initial_ttl(row.received), row.initial);
}

RC_GTEST_PROP(StackWords, SynAcksComeOutAsTheyWentIn,
              (Port port, std::uint8_t ttl, std::uint8_t option, std::uint16_t window,
               std::uint16_t segment_size)) {
  const std::uint64_t word = lockstep_syn_ack_word(port, ttl, option, window, segment_size);
  RC_ASSERT(word != 0U);
  const SynAckFields fields = unpack_syn_ack(word);
  RC_ASSERT(fields.port == port);
  RC_ASSERT(fields.ttl == lockstep_initial_ttl(ttl));
  RC_ASSERT(fields.first_option == option);
  RC_ASSERT(fields.window == window);
  RC_ASSERT(fields.segment_size == segment_size);
}

RC_GTEST_PROP(StackWords, RstsComeOutAsTheyWentIn, (std::uint8_t ttl, std::uint16_t window)) {
  const std::uint32_t word = lockstep_rst_word(ttl, window);
  RC_ASSERT(word != 0U);
  RC_ASSERT(unpack_rst(word).ttl == lockstep_initial_ttl(ttl));
  RC_ASSERT(unpack_rst(word).window == window);
}

net::TcpSegment syn_ack(Port port, std::uint16_t window = 64240) {
  return {.source_mac = {},
          .source = {},
          .destination = {},
          .source_port = port,
          .flags = net::TcpFlags::syn | net::TcpFlags::ack,
          .ttl = 61,
          .window = window,
          .first_option = net::TcpOptions::maximum_segment_size,
          .segment_size = 1460};
}

net::TcpSegment rst(Port port, std::uint8_t ttl) {
  return {.source_mac = {},
          .source = {},
          .destination = {},
          .source_port = port,
          .flags = net::TcpFlags::rst | net::TcpFlags::ack,
          .ttl = ttl};
}

TEST(NoteStack, KeepsTheSynAckOfTheLowestPortWhateverTheOrder) {
  std::vector<Port> ports = {443, 22, 8080};
  std::ranges::sort(ports);
  do {
    TargetCounters counters;
    for (const Port port : ports) {
      note_stack(syn_ack(port, port == 22 ? 64240 : 1000), counters);
    }
    const SynAckFields kept = unpack_syn_ack(counters.syn_ack);
    EXPECT_EQ(kept.port, 22);
    EXPECT_EQ(kept.ttl, 64);
    EXPECT_EQ(kept.window, 64240);
    EXPECT_EQ(kept.first_option, 2);
    EXPECT_EQ(kept.segment_size, 1460);
    EXPECT_EQ(counters.rst, 0U);
  } while (std::ranges::next_permutation(ports).found);
}

TEST(NoteStack, KeepsOneRstWhateverTheOrder) {
  for (const bool turned : {false, true}) {
    TargetCounters counters;
    note_stack(rst(1, turned ? 255 : 64), counters);
    note_stack(rst(2, turned ? 64 : 255), counters);
    EXPECT_EQ(unpack_rst(counters.rst).ttl, 64);
    EXPECT_EQ(unpack_rst(counters.rst).window, 0);
    EXPECT_EQ(counters.syn_ack, 0U);
  }
}

TEST(NoteStack, KeepsTheLeastUnderManyWriters) {
  TargetCounters counters;
  std::vector<std::jthread> writers;
  for (unsigned writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&counters, writer] {
      for (unsigned port = 65535; port > 0; --port) {
        note_stack(syn_ack(static_cast<Port>(port), static_cast<std::uint16_t>(100 + writer)),
                   counters);
      }
    });
  }
  writers.clear();
  EXPECT_EQ(unpack_syn_ack(counters.syn_ack).port, 1);
  EXPECT_EQ(unpack_syn_ack(counters.syn_ack).window, 100);
}

}  // namespace
}  // namespace lockstep::scan
