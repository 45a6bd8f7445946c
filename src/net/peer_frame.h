// The other side of frame.h: what a scanned host reads and writes. For simulated networks.

#pragma once

#include <optional>

#include "net/frame.h"

namespace lockstep::net {

struct TcpReply {
  Port source_port = 0;
  Port destination_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = 0;  ///< TcpFlags
  std::uint8_t ttl = 64;
  std::uint16_t window = 0;
  std::uint16_t segment_size = 0;  ///< the one option; 0: none
};

Frame make_tcp_reply(const LinkAddresses& addresses, const TcpReply& reply);

/// "Destination unreachable" with `code` about `about`, which `addresses.source` received.
Frame make_unreachable(const LinkAddresses& addresses, std::uint8_t code, const TcpSegment& about);

/// A datagram that returns the payload of `about`, cut to what a Frame has room for.
Frame make_datagram_reply(const LinkAddresses& addresses, const UdpDatagram& about);

/// "Port unreachable" about the frame of a datagram, of which it quotes the headers.
Frame make_port_unreachable(const LinkAddresses& addresses, Bytes about);

/// The address that an ARP request or a neighbour solicitation asks for.
std::optional<IpAddress> parse_neighbour_request(Bytes frame);

/// "`address` is at `mac`", by ARP or as a neighbour advertisement.
Frame make_neighbour_reply(const MacAddress& mac, const MacAddress& to, const IpAddress& address);

}  // namespace lockstep::net
