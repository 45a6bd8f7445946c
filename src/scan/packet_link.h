// Half-open TCP: a SYN asks, a SYN-ACK or a RST answers.

#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "scan/cookie.h"
#include "scan/probe_link.h"

namespace lockstep::scan {

/// A frame's worth of knowledge about one target.
struct PacketTarget {
  net::LinkAddresses addresses;
  net::SynTemplate syn;
};

class PacketLink final : public ProbeLink {
 public:
  PacketLink(net::Interface interface, Port source_port, const lockstep_cookie_key& key)
      : ProbeLink(std::move(interface)), source_port_(source_port), key_(key) {}

  net::FrameFilter filter() const override {
    return {.protocol = Protocol::tcp, .ports = {source_port_}};
  }
  std::size_t frame_room() const override { return net::kMaxFrameBytes; }
  std::size_t write(const Probe& probe, unsigned pass, net::MutableBytes room) const override;
  Classified classify(net::Bytes frame, const ResultTable& table) const override;

 private:
  void do_add(std::uint32_t index, const net::LinkAddresses& addresses) override;

  std::uint32_t cookie(const net::LinkAddresses& addresses, Port port) const;
  Classified classify_segment(const net::TcpSegment& segment, const ResultTable& table) const;
  Classified classify_unreachable(const net::TcpUnreachable& error, const ResultTable& table) const;

  Port source_port_;
  lockstep_cookie_key key_;
  std::vector<std::unique_ptr<PacketTarget>> targets_;  // by index in the plan; null: not here
  std::unordered_map<IpAddress, std::uint32_t> by_address_;
};

}  // namespace lockstep::scan
