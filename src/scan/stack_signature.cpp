#include "scan/stack_signature.h"

#include <fmt/format.h>

namespace lockstep::scan {
namespace {

constexpr std::uint8_t kInitialTtls[] = {32, 64, 128, 255};
constexpr std::uint8_t kSegmentSize = 2;  // RFC 9293, section 3.2

std::string options_text(const SynAckLook& look) {
  if (look.first_option == 0) return "no option";
  if (look.first_option == kSegmentSize) return fmt::format("MSS {}", look.segment_size);
  return fmt::format("option {} first", look.first_option);
}

}  // namespace

std::string StackSignature::syn_ack_text() const {
  if (!syn_ack) return {};
  return fmt::format("TTL {}, window {}, {}", syn_ack->initial_ttl, syn_ack->window,
                     options_text(*syn_ack));
}

std::string StackSignature::rst_text() const {
  return rst ? fmt::format("TTL {}, window {}", rst->initial_ttl, rst->window) : std::string();
}

void note_syn_ack(TargetCounters& counters, std::uint64_t packed) {
  std::uint64_t before = counters.stack_syn_ack.load(std::memory_order_relaxed);
  while ((before == 0 || packed < before) &&
         !counters.stack_syn_ack.compare_exchange_weak(before, packed, std::memory_order_relaxed)) {
  }
}

void note_rst(TargetCounters& counters, std::uint32_t packed) {
  if (counters.stack_rst.load(std::memory_order_relaxed) != 0) return;
  counters.stack_rst.store(packed, std::memory_order_relaxed);
}

StackSignature stack_of(const TargetCounters& counters) {
  StackSignature result;
  if (const std::uint64_t packed = counters.stack_syn_ack.load(std::memory_order_relaxed)) {
    result.syn_ack = {.port = static_cast<Port>(packed >> 48),
                      .initial_ttl = kInitialTtls[packed >> 40 & 3],
                      .window = static_cast<std::uint16_t>(packed),
                      .first_option = static_cast<std::uint8_t>(packed >> 42 & 63),
                      .segment_size = static_cast<std::uint16_t>(packed >> 16)};
  }
  if (const std::uint32_t packed = counters.stack_rst.load(std::memory_order_relaxed)) {
    result.rst = {.initial_ttl = kInitialTtls[packed >> 16 & 3],
                  .window = static_cast<std::uint16_t>(packed)};
  }
  return result;
}

}  // namespace lockstep::scan
