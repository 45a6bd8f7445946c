#include "scan/stack_signature.h"

#include "scan/stack_words.h"

namespace lockstep::scan {
namespace {

template <typename Word>
void keep_least(std::atomic<Word>& place, Word word) {
  Word known = place.load(std::memory_order_relaxed);
  while (lockstep_stack_word_wins(word, known) != 0) {
    if (place.compare_exchange_weak(known, word, std::memory_order_relaxed)) return;
  }
}

}  // namespace

void keep_stack_word(std::atomic<std::uint64_t>& place, std::uint64_t word) {
  keep_least(place, word);
}

void keep_stack_word(std::atomic<std::uint32_t>& place, std::uint32_t word) {
  keep_least(place, word);
}

void note_stack(const net::TcpSegment& answer, TargetCounters& of) {
  if ((answer.flags & net::TcpFlags::rst) != 0) {
    return keep_stack_word(of.rst, lockstep_rst_word(answer.ttl, answer.window));
  }
  keep_stack_word(of.syn_ack,
                  lockstep_syn_ack_word(answer.source_port, answer.ttl, answer.first_option,
                                        answer.window, answer.segment_size));
}

SynAckFields unpack_syn_ack(std::uint64_t word) {
  return {.port = static_cast<Port>(word >> 48),
          .ttl = static_cast<std::uint8_t>(word >> 40),
          .first_option = static_cast<std::uint8_t>(word >> 32),
          .window = static_cast<std::uint16_t>(word >> 16),
          .segment_size = static_cast<std::uint16_t>(word)};
}

RstFields unpack_rst(std::uint32_t word) {
  return {.ttl = static_cast<std::uint8_t>(word >> 16), .window = static_cast<std::uint16_t>(word)};
}

}  // namespace lockstep::scan
