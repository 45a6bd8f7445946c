#include "net/frame.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "net/headers.h"

namespace lockstep::net {
namespace {

struct IpHeader {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  std::uint8_t hop_limit = 0;
  std::uint16_t tag = 0;
};

std::optional<IpHeader> read_ipv4(Reader& in) {
  const std::uint8_t version_and_length = in.u8();
  in.skip(3);  // service, total length
  const std::uint16_t identification = in.u16();
  const std::uint16_t fragment = in.u16();
  const std::uint8_t time_to_live = in.u8();
  const std::uint8_t protocol = in.u8();
  in.skip(2);  // checksum
  const IpAddress source = IpAddress::v4(in.u32());
  const IpAddress destination = IpAddress::v4(in.u32());
  const std::size_t header = std::size_t{version_and_length & 0x0fU} * 4;
  const bool is_fragment = (fragment & 0x3fff) != 0;
  if (!in.ok() || (version_and_length >> 4) != 4 || header < 20 || is_fragment) return {};
  in.skip(header - 20);
  if (!in.ok()) return {};
  return IpHeader{source, destination, protocol, time_to_live, identification};
}

IpAddress read_v6_address(Reader& in) {
  IpAddress::V6Bytes bytes{};
  const Bytes taken = in.take(bytes.size());
  if (!taken.empty()) std::memcpy(bytes.data(), taken.data(), bytes.size());
  return IpAddress::v6(bytes);
}

/// Extension headers are not followed: no answer to a SYN of ours carries them.
std::optional<IpHeader> read_ipv6(Reader& in) {
  const std::uint8_t version = in.u8() >> 4;
  in.skip(1);  // class, the upper bits of the flow label
  const std::uint16_t flow_label = in.u16();
  in.skip(2);  // payload length
  const std::uint8_t protocol = in.u8();
  const std::uint8_t hop_limit = in.u8();
  const IpAddress source = read_v6_address(in);
  const IpAddress destination = read_v6_address(in);
  if (!in.ok() || version != 6) return {};
  return IpHeader{source, destination, protocol, hop_limit, flow_label};
}

/// `header` is what the segment says of its header's length. An option that does not lie within
/// that, or not within the frame, does not count.
void read_first_option(Bytes options, std::size_t header, TcpSegment& to) {
  constexpr std::size_t kFixed = 20;
  constexpr std::size_t kSegmentSizeBytes = 4;  // as many as the least room for options
  if (header <= kFixed || options.size() < kSegmentSizeBytes) return;
  Reader in(options);
  to.first_option = in.u8();
  if (to.first_option != TcpOptions::maximum_segment_size || in.u8() != kSegmentSizeBytes) return;
  to.segment_size = in.u16();
}

Received read_tcp(Reader& in, const IpHeader& ip, const MacAddress& source_mac) {
  TcpSegment segment{.source_mac = source_mac, .source = ip.source, .destination = ip.destination};
  segment.source_port = in.u16();
  segment.destination_port = in.u16();
  segment.sequence = in.u32();
  segment.acknowledgement = in.u32();
  const auto header = static_cast<std::size_t>(in.u8() >> 4) * 4;
  segment.flags = in.u8();
  segment.ttl = ip.hop_limit;
  segment.window = in.u16();
  in.skip(2 + 2);  // checksum, urgent pointer
  if (!in.ok()) return {};
  read_first_option(in.rest(), header, segment);
  return segment;
}

Received read_udp(Reader& in, const IpHeader& ip) {
  UdpDatagram datagram{.source = ip.source, .destination = ip.destination};
  datagram.source_port = in.u16();
  datagram.destination_port = in.u16();
  const std::size_t length = in.u16();
  in.skip(2);  // checksum
  constexpr std::size_t kHeader = 8;
  if (!in.ok() || length < kHeader) return {};
  // Ethernet pads short frames.
  datagram.payload = in.rest().first(std::min(in.rest().size(), length - kHeader));
  return datagram;
}

Received read_udp_unreachable(Reader& in, const IpAddress& reporter, std::uint8_t code,
                              const IpHeader& original) {
  constexpr std::uint8_t kPortV4 = 3;  // RFC 792
  constexpr std::uint8_t kPortV6 = 4;  // RFC 4443 section 3.1
  UdpUnreachable result{.reporter = reporter,
                        .code = code,
                        .port_unreachable = code == (original.source.is_v4() ? kPortV4 : kPortV6),
                        .original_source = original.source,
                        .original_destination = original.destination};
  result.original_source_port = in.u16();
  result.original_destination_port = in.u16();
  result.original_tag = original.tag;
  if (!in.ok()) return {};
  return result;
}

/// The rest of an ICMP "destination unreachable": unused word, then the packet it is about.
Received read_unreachable(Reader& in, const IpAddress& reporter, std::uint8_t code, bool v4) {
  in.skip(2 + 4);  // checksum, unused
  const auto original = v4 ? read_ipv4(in) : read_ipv6(in);
  if (!original) return {};
  if (original->protocol == kProtocolUdp) {
    return read_udp_unreachable(in, reporter, code, *original);
  }
  if (original->protocol != kProtocolTcp) return {};
  TcpUnreachable result{.reporter = reporter,
                        .code = code,
                        .original_source = original->source,
                        .original_destination = original->destination};
  result.original_source_port = in.u16();
  result.original_destination_port = in.u16();
  result.original_sequence = in.u32();
  if (!in.ok()) return {};
  return result;
}

Received read_icmp(Reader& in, const IpHeader& ip) {
  constexpr std::uint8_t kDestinationUnreachable = 3;
  const std::uint8_t type = in.u8();
  const std::uint8_t code = in.u8();
  if (!in.ok() || type != kDestinationUnreachable) return {};
  return read_unreachable(in, ip.source, code, true);
}

/// A reply that names a group, everybody or nobody would spread the frames meant for one node.
Received usable(const NeighbourReply& reply) {
  const bool group = (reply.mac.bytes[0] & 1) != 0;
  if (group || reply.mac == MacAddress{}) return {};
  return reply;
}

Received read_icmpv6(Reader& in, const IpHeader& ip, const MacAddress& source_mac) {
  constexpr std::uint8_t kDestinationUnreachable = 1;
  constexpr std::uint8_t kNeighbourAdvertisement = 136;
  const std::uint8_t type = in.u8();
  const std::uint8_t code = in.u8();
  if (type == kDestinationUnreachable) return read_unreachable(in, ip.source, code, false);
  // A router has lowered the hop limit of whatever does not come from this link (RFC 4861,
  // section 7.1.2).
  const bool from_this_link = ip.hop_limit == kNeighbourHopLimit;
  if (type != kNeighbourAdvertisement || code != 0 || !from_this_link) return {};
  in.skip(2 + 4);  // checksum, flags
  NeighbourReply reply{.address = read_v6_address(in), .mac = source_mac};
  if (!in.ok()) return {};
  constexpr std::uint8_t kTargetLinkLayerAddress = 2;
  if (in.rest().size() >= 8 && in.u8() == kTargetLinkLayerAddress && in.u8() == 1) {
    std::memcpy(reply.mac.bytes.data(), in.take(6).data(), 6);
  }
  return usable(reply);
}

Received read_arp(Reader& in) {
  const std::uint16_t hardware = in.u16();
  const std::uint16_t protocol = in.u16();
  const std::uint16_t lengths = in.u16();
  const std::uint16_t operation = in.u16();
  const Bytes mac = in.take(6);
  const IpAddress address = IpAddress::v4(in.u32());
  const bool ours = hardware == 1 && protocol == kEtherIpv4 && lengths == 0x0604;
  if (!in.ok() || !ours || operation != 2) return {};
  NeighbourReply reply{.address = address, .mac = {}};
  std::memcpy(reply.mac.bytes.data(), mac.data(), 6);
  return usable(reply);
}

constexpr std::size_t kSynBytes = 24;  // 20 and the option "maximum segment size"
constexpr std::size_t kRstBytes = 20;

}  // namespace

std::string MacAddress::to_string() const {
  return fmt::format("{:02x}", fmt::join(bytes, ":"));
}

SynTemplate::SynTemplate(const LinkAddresses& addresses, Port source_port) {
  Frame frame;
  const std::size_t offset =
      write_ip(whole(frame), addresses, {.protocol = kProtocolTcp}, kSynBytes);
  frame.size = offset + kSynBytes;
  constexpr std::uint16_t kWindow = 1024;
  const std::uint16_t segment_size = addresses.source.is_v4() ? 1460 : 1440;
  Writer(whole(frame).subspan(offset))
      .u16(source_port)
      .u16(0)
      .u32(0)
      .u32(0)
      .u8((kSynBytes / 4) << 4)
      .u8(TcpFlags::syn)
      .u16(kWindow)
      .u16(0)
      .u16(0)
      .u8(2)
      .u8(4)
      .u16(segment_size);
  partial_sum_ = checksum_add(
      pseudo_header_sum(addresses.source, addresses.destination, kProtocolTcp, kSynBytes),
      frame.bytes().subspan(offset));
  std::copy_n(frame.data.begin(), kMostBytes, bytes_.begin());
  size_ = static_cast<std::uint8_t>(frame.size);
  tcp_offset_ = static_cast<std::uint8_t>(offset);
}

std::size_t SynTemplate::stamp(Port destination_port, std::uint32_t sequence,
                               MutableBytes room) const {
  std::copy_n(bytes_.begin(), size_, room.begin());
  const std::uint32_t sum =
      partial_sum_ + destination_port + (sequence >> 16) + (sequence & 0xffff);
  const MutableBytes tcp = room.subspan(tcp_offset_);
  Writer(tcp.subspan(2)).u16(destination_port).u32(sequence);
  Writer(tcp.subspan(16)).u16(checksum_finish(sum));
  return size_;
}

Frame make_rst(const LinkAddresses& addresses, Port source_port, Port destination_port,
               std::uint32_t sequence) {
  Frame frame;
  const std::size_t offset =
      write_ip(whole(frame), addresses, {.protocol = kProtocolTcp}, kRstBytes);
  frame.size = offset + kRstBytes;
  Writer(whole(frame).subspan(offset))
      .u16(source_port)
      .u16(destination_port)
      .u32(sequence)
      .u32(0)
      .u8((kRstBytes / 4) << 4)
      .u8(TcpFlags::rst)
      .u16(0)
      .u16(0)
      .u16(0);
  write_checksum(written(frame), addresses, kProtocolTcp, offset, 16);
  return frame;
}

std::size_t write_datagram(MutableBytes room, const LinkAddresses& addresses,
                           const DatagramFields& fields, Bytes payload) {
  constexpr std::size_t kHeader = 8;
  const std::size_t size = kHeader + payload.size();
  const std::size_t offset =
      write_ip(room, addresses, {.protocol = kProtocolUdp, .tag = fields.tag}, size);
  Writer out(room.subspan(offset));
  out.u16(fields.source_port).u16(fields.destination_port).u16(static_cast<std::uint16_t>(size));
  out.u16(0);
  if (!payload.empty()) out.copy(payload.data(), payload.size());
  write_checksum(room.first(offset + size), addresses, kProtocolUdp, offset, 6);
  return offset + size;
}

Frame make_neighbour_request(const MacAddress& source_mac, const IpAddress& source,
                             const IpAddress& wanted) {
  Frame frame;
  if (wanted.is_v4()) {
    Writer out(whole(frame));
    write_ethernet(out, MacAddress::broadcast(), source_mac, kEtherArp);
    out.u16(1).u16(kEtherIpv4).u8(6).u8(4).u16(1);  // Ethernet, IPv4, sizes, request
    out.copy(source_mac.bytes.data(), 6);
    write_address(out, source);
    out.copy(MacAddress{}.bytes.data(), 6);
    write_address(out, wanted);
    frame.size = out.written();
    return frame;
  }
  // The solicited-node group of RFC 4291 section 2.7.1 and its Ethernet address, RFC 2464.
  IpAddress::V6Bytes group{0xff, 0x02};
  group[11] = 1;
  group[12] = 0xff;
  std::copy_n(wanted.bytes().begin() + 13, 3, group.begin() + 13);
  const MacAddress group_mac{{0x33, 0x33, 0xff, group[13], group[14], group[15]}};
  constexpr std::size_t kSolicitationBytes = 32;
  const LinkAddresses addresses{source_mac, group_mac, source, IpAddress::v6(group)};
  const std::size_t offset =
      write_ip(whole(frame), addresses,
               {.protocol = kProtocolIcmpv6, .hop_limit = kNeighbourHopLimit}, kSolicitationBytes);
  frame.size = offset + kSolicitationBytes;
  Writer out(whole(frame).subspan(offset));
  out.u8(135).u8(0).u16(0).u32(0);  // neighbour solicitation
  write_address(out, wanted);
  out.u8(1).u8(1).copy(source_mac.bytes.data(), 6);  // source link-layer address
  write_checksum(written(frame), addresses, kProtocolIcmpv6, offset, 2);
  return frame;
}

Received parse_frame(Bytes frame) {
  Reader in(frame);
  in.skip(6);
  MacAddress source_mac;
  const Bytes mac = in.take(6);
  const std::uint16_t type = in.u16();
  if (!in.ok()) return {};
  std::memcpy(source_mac.bytes.data(), mac.data(), 6);
  if (type == kEtherArp) return read_arp(in);
  if (type != kEtherIpv4 && type != kEtherIpv6) return {};
  const auto ip = type == kEtherIpv4 ? read_ipv4(in) : read_ipv6(in);
  if (!ip) return {};
  if (ip->protocol == kProtocolTcp) return read_tcp(in, *ip, source_mac);
  if (ip->protocol == kProtocolUdp) return read_udp(in, *ip);
  if (ip->protocol == kProtocolIcmp && type == kEtherIpv4) return read_icmp(in, *ip);
  if (ip->protocol == kProtocolIcmpv6 && type == kEtherIpv6) {
    return read_icmpv6(in, *ip, source_mac);
  }
  return {};
}

}  // namespace lockstep::net
