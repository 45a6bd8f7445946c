#include "model/stack_signature.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(StackSignature, IsWrittenForPeople) {
  const StackReply syn_ack{
      .port = 22, .ttl = 64, .window = 64240, .first_option = 2, .segment_size = 1460};
  const StackReply rst{.ttl = 255, .window = 0};
  StackReply bare = syn_ack;
  bare.first_option = 0;
  bare.segment_size = 0;
  StackReply other = bare;
  other.first_option = 8;
  StackReply malformed = bare;
  malformed.first_option = 2;
  const struct {
    const char* description;
    StackSignature signature;
    const char* text;
  } kRows[] = {
      {"nothing", {}, ""},
      {"both", {syn_ack, rst}, "SYN-ACK: TTL 64, window 64240, MSS 1460; RST: TTL 255, window 0"},
      {"a SYN-ACK", {syn_ack, {}}, "SYN-ACK: TTL 64, window 64240, MSS 1460"},
      {"a RST", {{}, rst}, "RST: TTL 255, window 0"},
      {"without options", {bare, {}}, "SYN-ACK: TTL 64, window 64240, no option"},
      {"timestamps first", {other, {}}, "SYN-ACK: TTL 64, window 64240, option 8"},
      {"a segment size that is none", {malformed, {}}, "SYN-ACK: TTL 64, window 64240, option 2"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(to_string(row.signature), row.text);
    const StackHalves named = halves_named_in(row.text);
    EXPECT_EQ(named.syn_ack, row.signature.syn_ack.has_value());
    EXPECT_EQ(named.rst, row.signature.rst.has_value());
    EXPECT_EQ(row.signature.empty(), *row.text == '\0');
  }
}

}  // namespace
}  // namespace lockstep
