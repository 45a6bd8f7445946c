#include "model/stack_signature.h"

#include <fmt/format.h>

#include <string_view>

namespace lockstep {
namespace {

constexpr std::string_view kSynAck = "SYN-ACK: ";
constexpr std::string_view kRst = "RST: ";
/// RFC 9293 section 3.1: maximum segment size.
constexpr std::uint8_t kSegmentSize = 2;

std::string option_text(const StackReply& reply) {
  if (reply.first_option == 0) return "no option";
  if (reply.first_option == kSegmentSize && reply.segment_size > 0) {
    return fmt::format("MSS {}", reply.segment_size);
  }
  return fmt::format("option {}", reply.first_option);
}

}  // namespace

std::string to_string(const StackSignature& signature) {
  std::string text;
  if (const auto& reply = signature.syn_ack) {
    text = fmt::format("{}TTL {}, window {}, {}", kSynAck, reply->ttl, reply->window,
                       option_text(*reply));
  }
  if (const auto& reply = signature.rst) {
    text += fmt::format("{}{}TTL {}, window {}", text.empty() ? "" : "; ", kRst, reply->ttl,
                        reply->window);
  }
  return text;
}

StackHalves halves_named_in(const std::string& text) {
  return {.syn_ack = text.contains(kSynAck), .rst = text.contains(kRst)};
}

}  // namespace lockstep
