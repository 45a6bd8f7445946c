// What the answers to SYNs tell of a host's TCP stack, for one address: see stack_words.h for how
// it is kept, and model/stack_signature.h for what people read.

#pragma once

#include <atomic>

#include "net/frame.h"
#include "scan/result_table.h"

namespace lockstep::scan {

/// Puts `word` (stack_words.h) in the place of a greater one, or of none; any thread.
void keep_stack_word(std::atomic<std::uint64_t>& place, std::uint64_t word);
void keep_stack_word(std::atomic<std::uint32_t>& place, std::uint32_t word);

/// Notes what a SYN-ACK or a RST tells; `answer` is one that carried its cookie. Any thread.
void note_stack(const net::TcpSegment& answer, TargetCounters& of);

/// The fields of a word of SYN-ACK.
struct SynAckFields {
  Port port = 0;
  std::uint8_t ttl = 0;  ///< as sent: 32, 64, 128 or 255
  std::uint8_t first_option = 0;
  std::uint16_t window = 0;
  std::uint16_t segment_size = 0;
};
SynAckFields unpack_syn_ack(std::uint64_t word);

/// The fields of a word of RST.
struct RstFields {
  std::uint8_t ttl = 0;  ///< as sent: 32, 64, 128 or 255
  std::uint16_t window = 0;
};
RstFields unpack_rst(std::uint32_t word);

}  // namespace lockstep::scan
