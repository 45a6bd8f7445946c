#include "scan/stack_signature.h"

#include <gtest/gtest.h>

#include "scan/stack_bits.h"

namespace lockstep::scan {
namespace {

TEST(StackSignature, IsReadAsItWasPacked) {
  struct Row {
    const char* description;
    std::uint64_t syn_ack;
    std::uint32_t rst;
    const char* expected;
    const char* expected_rst;
  };
  const Row rows[] = {
      {"Linux", lockstep_stack_syn_ack(22, 63, 64240, 2, 1460), lockstep_stack_rst(61, 0),
       "TTL 64, window 64240, MSS 1460", "TTL 64, window 0"},
      {"Windows", lockstep_stack_syn_ack(135, 128, 65535, 2, 1460), 0,
       "TTL 128, window 65535, MSS 1460", ""},
      {"no port is open", 0, lockstep_stack_rst(255, 100), "", "TTL 255, window 100"},
      {"no option", lockstep_stack_syn_ack(65535, 1, 65535, 0, 0), 0,
       "TTL 32, window 65535, no option", ""},
      {"another option first", lockstep_stack_syn_ack(1, 129, 0, 8, 0), 0,
       "TTL 255, window 0, option 8 first", ""},
      {"nothing", 0, 0, "", ""},
  };
  for (const Row& row : rows) {
    TargetCounters counters;
    if (row.syn_ack != 0) note_syn_ack(counters, row.syn_ack);
    if (row.rst != 0) note_rst(counters, row.rst);
    EXPECT_EQ(stack_of(counters).syn_ack_text(), row.expected) << row.description;
    EXPECT_EQ(stack_of(counters).rst_text(), row.expected_rst) << row.description;
  }
}

TEST(StackSignature, TheLowestOpenPortCountsWhateverCameFirst) {
  TargetCounters counters;
  for (const Port port : {Port{443}, Port{22}, Port{9100}}) {
    note_syn_ack(counters, lockstep_stack_syn_ack(port, 64, port, 2, 1460));
  }
  ASSERT_TRUE(stack_of(counters).syn_ack);
  EXPECT_EQ(stack_of(counters).syn_ack->port, 22);
  EXPECT_EQ(stack_of(counters).syn_ack->window, 22);
}

}  // namespace
}  // namespace lockstep::scan
