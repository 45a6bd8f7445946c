// Ethernet frames of the scan: what goes out (SYN, RST, UDP datagram, ARP request, neighbour
// solicitation) and what comes back. RFC 768, 826, 791, 792, 4443, 4861, 8200, 9293.

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/ip_address.h"
#include "base/port.h"
#include "net/bytes.h"

namespace lockstep::net {

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};

  static constexpr MacAddress broadcast() { return {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}; }
  std::string to_string() const;
  friend auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

/// Flags of a TCP header as the wire has them.
struct TcpFlags {
  static constexpr std::uint8_t fin = 0x01;
  static constexpr std::uint8_t syn = 0x02;
  static constexpr std::uint8_t rst = 0x04;
  static constexpr std::uint8_t ack = 0x10;
};

/// Room for the largest frame that this module writes, datagrams aside.
inline constexpr std::size_t kMaxFrameBytes = 112;

/// A frame by value.
struct Frame {
  std::array<std::byte, kMaxFrameBytes> data{};
  std::size_t size = 0;

  Bytes bytes() const { return Bytes(data).first(size); }
};

/// Who speaks to whom, below TCP.
struct LinkAddresses {
  MacAddress source_mac;
  MacAddress destination_mac;
  IpAddress source;
  IpAddress destination;  ///< of the family of `source`
};

/// A SYN to one address, made once for each target; stamp() fills in what differs from port to
/// port. The header carries a maximum segment size, without which some filters drop a SYN.
class SynTemplate {
 public:
  SynTemplate(const LinkAddresses& addresses, Port source_port);

  /// Writes the complete frame into `room`, of kMaxFrameBytes at least; returns its size.
  std::size_t stamp(Port destination_port, std::uint32_t sequence, MutableBytes room) const;

 private:
  static constexpr std::size_t kMostBytes = 78;  // Ethernet, IPv6, TCP with one option

  std::array<std::byte, kMostBytes>
      bytes_;  // there is one for each target, so no larger than needed
  std::uint8_t size_;
  std::uint8_t tcp_offset_;
  std::uint32_t partial_sum_;  // pseudo-header and all fields that stamp() leaves alone
};

/// The RST that ends a half-open connection: `sequence` is what the peer's SYN-ACK acknowledged.
Frame make_rst(const LinkAddresses& addresses, Port source_port, Port destination_port,
               std::uint32_t sequence);

/// Room for a datagram's frame: an Ethernet packet that no link has to cut.
inline constexpr std::size_t kMaxDatagramFrameBytes = 1514;
/// The longest payload of a datagram that fits there over IPv6.
inline constexpr std::size_t kMaxDatagramPayload = kMaxDatagramFrameBytes - 14 - 40 - 8;

/// What a datagram of ours carries beside its addresses.
struct DatagramFields {
  Port source_port = 0;
  Port destination_port = 0;
  std::uint16_t tag = 0;  ///< IPv4's identification, IPv6's flow label; an ICMP error quotes it
};

/// Writes a UDP datagram into `room`, of kMaxDatagramFrameBytes at least, and returns the frame's
/// size. `payload` has at most kMaxDatagramPayload bytes.
std::size_t write_datagram(MutableBytes room, const LinkAddresses& addresses,
                           const DatagramFields& fields, Bytes payload);

/// An ARP request (IPv4) or neighbour solicitation (IPv6) for `wanted`, from an address of the
/// same family.
Frame make_neighbour_request(const MacAddress& source_mac, const IpAddress& source,
                             const IpAddress& wanted);

/// Kinds of TCP options, as IANA numbers them.
struct TcpOptions {
  static constexpr std::uint8_t end = 0;
  static constexpr std::uint8_t maximum_segment_size = 2;
};

/// A TCP segment's header.
struct TcpSegment {
  MacAddress source_mac;
  IpAddress source;
  IpAddress destination;
  Port source_port = 0;
  Port destination_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = 0;
  std::uint8_t ttl = 0;  ///< the hop limit of IPv6
  std::uint16_t window = 0;
  std::uint8_t first_option = TcpOptions::end;  ///< its kind; `end` also where there is none
  std::uint16_t segment_size = 0;  ///< where the first option is a well-formed maximum segment size
};

/// A UDP datagram, a view of the frame.
struct UdpDatagram {
  IpAddress source;
  IpAddress destination;
  Port source_port = 0;
  Port destination_port = 0;
  Bytes payload{};  ///< may be cut off with the frame
};

/// "Destination unreachable" about a UDP datagram of ours.
struct UdpUnreachable {
  IpAddress reporter;  ///< the target itself, or a router on the way
  std::uint8_t code = 0;
  bool port_unreachable = false;  ///< the code that says: nobody listens there
  IpAddress original_source;
  IpAddress original_destination;
  Port original_source_port = 0;
  Port original_destination_port = 0;
  std::uint16_t original_tag = 0;
};

/// "Destination unreachable" about a TCP segment of ours.
struct TcpUnreachable {
  IpAddress reporter;  ///< the target itself, or a router on the way
  std::uint8_t code = 0;
  IpAddress original_source;
  IpAddress original_destination;
  Port original_source_port = 0;
  Port original_destination_port = 0;
  std::uint32_t original_sequence = 0;
};

/// An ARP reply or a neighbour advertisement.
struct NeighbourReply {
  IpAddress address;
  MacAddress mac;
};

/// A frame that is none of ours, malformed, or a fragment is std::monostate.
using Received = std::variant<std::monostate, TcpSegment, TcpUnreachable, UdpDatagram,
                              UdpUnreachable, NeighbourReply>;

/// Parses an untagged Ethernet frame that may be cut off after the headers. Checksums are not
/// verified: the kernel or the cookie does that.
Received parse_frame(Bytes frame);

}  // namespace lockstep::net
