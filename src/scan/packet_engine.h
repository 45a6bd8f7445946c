// Engine `packet`: half-open TCP, and UDP, over Ethernet frames of our own. A SYN goes out, the
// answer is classified, and a SYN-ACK is reset at once, so that no accept() on the node ever wakes.
//
// Layer 2 addresses are asked for by ARP and neighbour solicitation of our own, paced, and the
// kernel's neighbour table, which overflows at a thousand entries, is not touched. One thread a
// CPU sends, receives and classifies; they share nothing but the table.

#pragma once

#include "net/io/links.h"
#include "scan/engine.h"

namespace lockstep::scan {

class PacketEngine final : public Engine {
 public:
  /// `links` must outlive the engine.
  explicit PacketEngine(net::Links& links, WhenOpen when_open = {})
      : links_(links), when_open_(std::move(when_open)) {}

  std::string_view name() const override { return "packet"; }
  bool completes_handshakes() const override { return false; }

 private:
  Result<void> do_run(const Plan& plan, const ResultTable& table,
                      std::vector<std::uint32_t> targets) override;

  net::Links& links_;
  WhenOpen when_open_;
};

}  // namespace lockstep::scan
