// The targets of one interface, ready to be asked: frames of each, and what an answer to them
// looks like.

#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "net/route.h"
#include "scan/cookie.h"
#include "scan/result_table.h"
#include "scan/walk.h"

namespace lockstep::scan {

/// A frame's worth of knowledge about one target.
struct PacketTarget {
  net::LinkAddresses addresses;
  net::SynTemplate syn;
};

/// What a received frame was.
struct Classified {
  bool news = false;                ///< the first answer of a probe
  std::optional<net::Frame> reset;  ///< to send, where it was the SYN-ACK of an open port of ours
};

/// The targets behind one interface. Immutable while threads use it.
class PacketLink {
 public:
  PacketLink(net::Interface interface, Port source_port, const lockstep_cookie_key& key)
      : interface_(std::move(interface)), source_port_(source_port), key_(key) {}

  const net::Interface& interface() const { return interface_; }
  const std::vector<std::uint32_t>& targets() const { return order_; }

  /// `index` is the target's index in the plan.
  void add(std::uint32_t index, const net::LinkAddresses& addresses);

  void write_syn(const Probe& probe, net::Frame& frame) const;

  /// Notes what a received frame tells in `table`. A TCP segment or ICMP error that answers no
  /// probe of ours counts as stray.
  Classified classify(net::Bytes frame, const ResultTable& table) const;

 private:
  std::uint32_t cookie(const net::LinkAddresses& addresses, Port port) const;
  Classified classify_segment(const net::TcpSegment& segment, const ResultTable& table) const;
  Classified classify_unreachable(const net::TcpUnreachable& error, const ResultTable& table) const;

  net::Interface interface_;
  Port source_port_;
  lockstep_cookie_key key_;
  std::vector<std::uint32_t> order_;
  std::vector<std::unique_ptr<PacketTarget>> targets_;  // by index in the plan; null: not here
  std::unordered_map<IpAddress, std::uint32_t> by_address_;
};

}  // namespace lockstep::scan
