// How the TCP stack of an address answers SYNs: a mark of its system and configuration, which
// clones share.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/port.h"

namespace lockstep {

/// What a SYN-ACK or a RST shows beside its flags.
struct StackReply {
  /// Which port's, where the listener has a say in it; 0: it is the same for all ports. Replies of
  /// different ports tell nothing about one another.
  Port port = 0;
  std::uint8_t ttl = 0;  ///< at the sender, rounded up to 32, 64, 128 or 255; IPv6's hop limit
  std::uint16_t window = 0;
  std::uint8_t first_option = 0;   ///< the kind of a SYN-ACK's first TCP option; 0: none
  std::uint16_t segment_size = 0;  ///< where that is a maximum segment size; else 0

  friend auto operator<=>(const StackReply&, const StackReply&) = default;
};

/// Either may be missing: nothing of the kind came, or the engine cannot see it.
struct StackSignature {
  std::optional<StackReply> syn_ack;  ///< of the lowest open port
  std::optional<StackReply> rst;      ///< to a SYN

  bool empty() const { return !syn_ack && !rst; }
  friend auto operator<=>(const StackSignature&, const StackSignature&) = default;
};

/// "SYN-ACK: TTL 64, window 64240, MSS 1460; RST: TTL 64, window 0"; of none, "".
std::string to_string(const StackSignature& signature);

/// Which of the two a text of to_string() has.
struct StackHalves {
  bool syn_ack = false;
  bool rst = false;
};
StackHalves halves_named_in(const std::string& text);

}  // namespace lockstep
