// What a host's TCP/IP stack shows of itself in the answers that a scan gets anyway: the initial
// TTL, the window, and how the options begin. Clones show the same; a node that does not runs
// another kernel, other settings, or something that only pretends to be the node (after p0f and
// nmap's OS detection, which ask for much more of it).

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/port.h"
#include "scan/result_table.h"

namespace lockstep::scan {

/// Of the SYN-ACK of the lowest open port: services may set a window of their own, and clones have
/// the same lowest port.
struct SynAckLook {
  Port port = 0;
  std::uint8_t initial_ttl = 0;  ///< 32, 64, 128 or 255
  std::uint16_t window = 0;
  std::uint8_t first_option = 0;   ///< its kind; 0: none
  std::uint16_t segment_size = 0;  ///< the maximum, where that is the first option; else 0
};

/// Of any RST to a SYN.
struct RstLook {
  std::uint8_t initial_ttl = 0;  ///< as above
  std::uint16_t window = 0;
};

/// What is known of it; either half may be missing.
struct StackSignature {
  std::optional<SynAckLook> syn_ack;
  std::optional<RstLook> rst;

  /// "TTL 64, window 64240, MSS 1460" and "TTL 64, window 0"; empty where nothing is known.
  std::string syn_ack_text() const;
  std::string rst_text() const;
};

/// Adds what one answer shows, packed by stack_bits.h. Any thread.
void note_syn_ack(TargetCounters& counters, std::uint64_t packed);
void note_rst(TargetCounters& counters, std::uint32_t packed);

StackSignature stack_of(const TargetCounters& counters);

}  // namespace lockstep::scan
