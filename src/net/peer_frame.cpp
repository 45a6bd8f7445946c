#include "net/peer_frame.h"

#include <algorithm>
#include <array>

#include "net/headers.h"

namespace lockstep::net {

namespace {

/// An ICMP error of either family that returns `quoted`, the start of an IP packet.
Frame make_unreachable_quoting(const LinkAddresses& addresses, std::uint8_t code, Bytes quoted) {
  const bool v4 = addresses.source.is_v4();
  const std::uint8_t protocol = v4 ? kProtocolIcmp : kProtocolIcmpv6;
  Frame frame;
  const std::size_t size = 8 + quoted.size();
  const std::size_t offset = write_ip(whole(frame), addresses, {.protocol = protocol}, size);
  frame.size = offset + size;
  Writer(whole(frame).subspan(offset))
      .u8(v4 ? 3 : 1)
      .u8(code)
      .u16(0)
      .u32(0)
      .copy(quoted.data(), quoted.size());
  if (v4) {
    const std::uint32_t sum = checksum_add(0, frame.bytes().subspan(offset));
    Writer(whole(frame).subspan(offset + 2)).u16(checksum_finish(sum));
  } else {
    write_checksum(written(frame), addresses, protocol, offset, 2);
  }
  return frame;
}

}  // namespace

Frame make_tcp_reply(const LinkAddresses& addresses, const TcpReply& reply) {
  const std::size_t tcp_bytes = reply.segment_size == 0 ? 20 : 24;
  Frame frame;
  const std::size_t offset = write_ip(
      whole(frame), addresses, {.protocol = kProtocolTcp, .hop_limit = reply.ttl}, tcp_bytes);
  frame.size = offset + tcp_bytes;
  Writer out(whole(frame).subspan(offset));
  out.u16(reply.source_port)
      .u16(reply.destination_port)
      .u32(reply.sequence)
      .u32(reply.acknowledgement)
      .u8(static_cast<std::uint8_t>((tcp_bytes / 4) << 4))
      .u8(reply.flags)
      .u16(reply.window)
      .u16(0)
      .u16(0);
  if (reply.segment_size != 0) {
    out.u8(TcpOptions::maximum_segment_size).u8(4).u16(reply.segment_size);
  }
  write_checksum(written(frame), addresses, kProtocolTcp, offset, 16);
  return frame;
}

Frame make_unreachable(const LinkAddresses& addresses, std::uint8_t code, const TcpSegment& about) {
  // The packet that is returned: its IP header and the first 8 bytes of TCP (RFC 792).
  Frame original;
  const LinkAddresses was{{}, {}, about.source, about.destination};
  const std::size_t tcp = write_ip(whole(original), was, {.protocol = kProtocolTcp}, 20);
  original.size = tcp + 8;
  Writer(whole(original).subspan(tcp))
      .u16(about.source_port)
      .u16(about.destination_port)
      .u32(about.sequence);
  return make_unreachable_quoting(addresses, code, original.bytes().subspan(kEthernetBytes));
}

Frame make_datagram_reply(const LinkAddresses& addresses, const UdpDatagram& about) {
  std::array<std::byte, kMaxDatagramFrameBytes> room;
  const Bytes payload = about.payload.first(std::min<std::size_t>(about.payload.size(), 32));
  Frame frame;
  frame.size = write_datagram(
      room, addresses,
      {.source_port = about.destination_port, .destination_port = about.source_port}, payload);
  std::copy_n(room.begin(), frame.size, frame.data.begin());
  return frame;
}

Frame make_port_unreachable(const LinkAddresses& addresses, Bytes about) {
  const bool v4 = addresses.source.is_v4();
  const std::size_t headers = (v4 ? 20 : 40) + 8;  // of IP and UDP
  return make_unreachable_quoting(addresses, v4 ? 3 : 4, about.subspan(kEthernetBytes, headers));
}

std::optional<IpAddress> parse_neighbour_request(Bytes frame) {
  Reader in(frame);
  in.skip(12);
  const std::uint16_t type = in.u16();
  if (type == kEtherArp) {
    in.skip(6);
    const std::uint16_t operation = in.u16();
    in.skip(6 + 4 + 6);
    const IpAddress wanted = IpAddress::v4(in.u32());
    if (!in.ok() || operation != 1) return {};
    return wanted;
  }
  if (type != kEtherIpv6) return {};
  constexpr std::uint8_t kNeighbourSolicitation = 135;
  in.skip(6);
  const std::uint8_t protocol = in.u8();
  in.skip(1 + 16 + 16);
  const std::uint8_t icmp_type = in.u8();
  in.skip(3 + 4);
  IpAddress::V6Bytes bytes{};
  const Bytes wanted = in.take(bytes.size());
  if (!in.ok() || protocol != kProtocolIcmpv6 || icmp_type != kNeighbourSolicitation) return {};
  std::memcpy(bytes.data(), wanted.data(), bytes.size());
  return IpAddress::v6(bytes);
}

Frame make_neighbour_reply(const MacAddress& mac, const MacAddress& to, const IpAddress& address) {
  Frame frame;
  if (address.is_v4()) {
    Writer out(whole(frame));
    write_ethernet(out, to, mac, kEtherArp);
    out.u16(1).u16(kEtherIpv4).u8(6).u8(4).u16(2);  // Ethernet, IPv4, sizes, reply
    out.copy(mac.bytes.data(), 6);
    write_address(out, address);
    out.copy(to.bytes.data(), 6).u32(0);
    frame.size = out.written();
    return frame;
  }
  constexpr std::size_t kAdvertisementBytes = 32;
  const LinkAddresses addresses{mac, to, address, address};
  const std::size_t offset =
      write_ip(whole(frame), addresses,
               {.protocol = kProtocolIcmpv6, .hop_limit = kNeighbourHopLimit}, kAdvertisementBytes);
  frame.size = offset + kAdvertisementBytes;
  Writer out(whole(frame).subspan(offset));
  out.u8(136).u8(0).u16(0).u32(0x60000000);  // solicited, override
  write_address(out, address);
  out.u8(2).u8(1).copy(mac.bytes.data(), 6);
  write_checksum(written(frame), addresses, kProtocolIcmpv6, offset, 2);
  return frame;
}

}  // namespace lockstep::net
