// Writing Ethernet and IP headers: shared by the frames of the scan (frame.h) and by those of a
// simulated peer (peer_frame.h).

#pragma once

#include "net/frame.h"

namespace lockstep::net {

inline constexpr std::uint16_t kEtherIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherArp = 0x0806;
inline constexpr std::uint16_t kEtherIpv6 = 0x86dd;
inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolIcmpv6 = 58;
inline constexpr std::size_t kEthernetBytes = 14;
inline constexpr std::uint8_t kHopLimit = 64;
inline constexpr std::uint8_t kNeighbourHopLimit = 255;  // RFC 4861 section 7.1.1

inline MutableBytes whole(Frame& frame) {
  return MutableBytes(frame.data);
}
inline MutableBytes written(Frame& frame) {
  return MutableBytes(frame.data).first(frame.size);
}

void write_ethernet(Writer& out, const MacAddress& destination, const MacAddress& source,
                    std::uint16_t type);

/// 4 or 16 bytes, by the address's family.
void write_address(Writer& out, const IpAddress& address);

/// The sum over the pseudo header of RFC 9293 section 3.1 and RFC 8200 section 8.1.
std::uint32_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination,
                                std::uint8_t protocol, std::size_t length);

/// What differs from frame to frame in an IP header.
struct IpFields {
  std::uint8_t protocol = 0;
  std::uint8_t hop_limit = kHopLimit;
  /// IPv4's identification, IPv6's flow label: an ICMP error quotes it.
  std::uint16_t tag = 0;
};

/// Ethernet and IP headers for `payload` bytes, at the start of `room`. Returns the bytes written,
/// which is where the payload goes.
std::size_t write_ip(MutableBytes room, const LinkAddresses& addresses, const IpFields& fields,
                     std::size_t payload);

/// Sums the payload of `frame` from `offset` to its end, pseudo header included, and writes the
/// checksum at `offset + field`. UDP's is never 0, which would mean none (RFC 768).
void write_checksum(MutableBytes frame, const LinkAddresses& addresses, std::uint8_t protocol,
                    std::size_t offset, std::size_t field);

}  // namespace lockstep::net
