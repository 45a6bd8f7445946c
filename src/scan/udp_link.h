// UDP: a datagram asks, another one says "open", an ICMP error "closed", and silence nothing.
//
// What makes an answer ours: it comes to the one of our ports that the keyed cookie of the asked
// address and port picks, and it echoes the cookie. An ICMP error quotes the header of our
// datagram, and with it 16 bits of the cookie.
//
// Many services echo nothing, and whoever listens on the port of a service that does need not be
// that service. Such an answer counts at the end of the pass, unless datagrams from the same port
// have come to others of our ports as well: who asks nothing there gets none but from a forger, who
// cannot know which of them asked.

#pragma once

#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "scan/cookie.h"
#include "scan/plan.h"
#include "scan/probe_link.h"

namespace lockstep::scan {

/// Our ports.
struct UdpSourcePorts {
  std::vector<Port> usual;  ///< not empty
  /// For ports whose service answers from another one: which of ours asks it.
  std::map<Port, Port> for_moving;
};

class UdpLink final : public ProbeLink {
 public:
  /// `sources`: our addresses to ask from in turn; of a family without one, that of the target's
  /// route.
  UdpLink(net::Interface interface, UdpSourcePorts ports, const std::vector<IpAddress>& sources,
          const lockstep_cookie_key& key);

  net::FrameFilter filter() const override;
  std::size_t frame_room() const override { return net::kMaxDatagramFrameBytes; }
  std::size_t write(const Probe& probe, unsigned pass, net::MutableBytes room) const override;
  Classified classify(net::Bytes frame, const ResultTable& table) const override;
  void settle(const ResultTable& table) const override;

 private:
  using Place = std::pair<std::uint32_t, Port>;  // a target, and a port of it

  void do_add(std::uint32_t index, const net::LinkAddresses& addresses) override;

  std::uint64_t cookie(const IpAddress& target, const IpAddress& source, Port port) const;
  Port source_port(std::uint64_t cookie, Port port) const;
  bool is_ours(const IpAddress& address, const net::LinkAddresses& target) const;
  Classified classify_datagram(const net::UdpDatagram& datagram, const ResultTable& table) const;
  Classified classify_unreachable(const net::UdpUnreachable& error, const ResultTable& table) const;

  UdpSourcePorts ports_;
  std::map<Port, Port> moving_;  // the asked port by ours
  std::vector<IpAddress> sources_v4_;
  std::vector<IpAddress> sources_v6_;
  lockstep_cookie_key key_;
  std::vector<net::LinkAddresses> targets_;  // by index in the plan
  std::unordered_map<IpAddress, std::uint32_t> by_address_;
  mutable std::mutex mutex_;            // guards what follows
  mutable std::set<Place> unverified_;  // answered without an echo, in this pass
  mutable std::set<Place> forged_;      // have also sent to ports of ours that did not ask
};

}  // namespace lockstep::scan
