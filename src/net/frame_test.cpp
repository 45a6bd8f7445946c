#include "net/frame.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "net/peer_frame.h"
#include "net/test_frames.h"

namespace lockstep::net {
namespace {

using test::address;
using test::FrameBuilder;
using test::is_well_formed;
using test::kOurMac;
using test::kPeerMac;

constexpr std::uint8_t kSynAck = TcpFlags::syn | TcpFlags::ack;

/// What parse_frame() made of a frame, as one line.
std::string verdict(Bytes frame) {
  const Received received = parse_frame(frame);
  if (const auto* const tcp = std::get_if<TcpSegment>(&received)) {
    return fmt::format("tcp {} {}:{} > {}:{} seq {} ack {} flags {:#x}",
                       tcp->source_mac.to_string(), tcp->source.to_string(), tcp->source_port,
                       tcp->destination.to_string(), tcp->destination_port, tcp->sequence,
                       tcp->acknowledgement, tcp->flags);
  }
  if (const auto* const error = std::get_if<TcpUnreachable>(&received)) {
    return fmt::format("unreachable code {} by {}: {}:{} > {}:{} seq {}", error->code,
                       error->reporter.to_string(), error->original_source.to_string(),
                       error->original_source_port, error->original_destination.to_string(),
                       error->original_destination_port, error->original_sequence);
  }
  if (const auto* const reply = std::get_if<NeighbourReply>(&received)) {
    return fmt::format("{} is at {}", reply->address.to_string(), reply->mac.to_string());
  }
  return "";
}

FrameBuilder frame() {
  return {};
}

FrameBuilder tcp_over_v4(std::size_t options = 0, unsigned fragment = 0x4000) {
  return frame()
      .ethernet(0x0800)
      .ipv4("198.18.1.1", "198.18.0.1", 6, options, fragment)
      .tcp(22, 40000, 7, 9, kSynAck);
}

/// ICMP "unreachable" around a TCP packet of ours.
FrameBuilder icmp_about(unsigned type, unsigned code, unsigned protocol = 6) {
  return frame()
      .ethernet(0x0800)
      .ipv4("198.18.9.9", "198.18.0.1", 1)
      .icmp(type, code)
      .u32(0)
      .ipv4("198.18.0.1", "198.18.1.1", protocol);
}

FrameBuilder icmpv6_about(unsigned next_header) {
  return frame()
      .ethernet(0x86dd)
      .ipv6("fd00::9", "fd00::1", 58, 64)
      .icmp(1, 1)
      .u32(0)
      .ipv6("fd00::1", "fd00::22", next_header, 63);
}

FrameBuilder advertisement(unsigned hop_limit = 255, unsigned code = 0) {
  return frame()
      .ethernet(0x86dd)
      .ipv6("fd00::22", "fd00::1", 58, hop_limit)
      .icmp(136, code)
      .u32(0x60000000)
      .ip(address("fd00::22"));
}

constexpr MacAddress kOther{{0x02, 1, 2, 3, 4, 5}};
constexpr MacAddress kGroup{{0x01, 0, 0x5e, 0, 0, 1}};
constexpr const char* kTcp4 =
    "tcp 02:00:00:00:00:aa 198.18.1.1:22 > 198.18.0.1:40000 seq 7 ack 9 flags 0x12";
constexpr const char* kUnreachable4 =
    "unreachable code 13 by 198.18.9.9: 198.18.0.1:40000 > 198.18.1.1:23 seq 77";
constexpr const char* kUnreachable6 =
    "unreachable code 1 by fd00::9: fd00::1:40000 > fd00::22:23 seq 77";

TEST(ParseFrame, ReadsAnswersAndNothingElse) {
  const struct {
    const char* description;
    FrameBuilder frame;
    const char* verdict;
  } kRows[] = {
      {"nothing", frame(), ""},
      {"a SYN-ACK", tcp_over_v4(), kTcp4},
      {"padding of a short Ethernet frame", tcp_over_v4().zeros(6), kTcp4},
      {"IP options", tcp_over_v4(40), kTcp4},
      {"a first fragment", tcp_over_v4(0, 0x2000), ""},
      {"a last fragment", tcp_over_v4(0, 0x0003), ""},
      {"the reserved flag is not a fragment", tcp_over_v4(0, 0x8000), kTcp4},
      {"an IP header of less than 20 bytes",
       frame().ethernet(0x0800).u8(0x44).zeros(8).u8(6).zeros(10).tcp(22, 40000, 7, 9, kSynAck),
       ""},
      {"IP version 6 under IPv4's type",
       frame().ethernet(0x0800).ipv6("fd00::22", "fd00::1", 6).tcp(22, 40000, 7, 9, kSynAck), ""},
      {"IP version 4 under IPv6's type",
       frame()
           .ethernet(0x86dd)
           .ipv4("198.18.1.1", "198.18.0.1", 6)
           .tcp(22, 1, 7, 9, kSynAck)
           .zeros(40),
       ""},
      {"a VLAN tag",
       frame()
           .ethernet(0x8100)
           .vlan(5, 0x0800)
           .ipv4("198.18.1.1", "198.18.0.1", 6)
           .tcp(22, 40000, 7, 9, kSynAck),
       ""},
      {"UDP", frame().ethernet(0x0800).ipv4("198.18.1.1", "198.18.0.1", 17).zeros(40), ""},
      {"TCP over IPv6",
       frame().ethernet(0x86dd).ipv6("fd00::22", "fd00::1", 6).tcp(22, 40000, 7, 9, TcpFlags::rst),
       "tcp 02:00:00:00:00:aa fd00::22:22 > fd00::1:40000 seq 7 ack 9 flags 0x4"},
      {"an IPv6 extension header",
       frame().ethernet(0x86dd).ipv6("fd00::22", "fd00::1", 0).zeros(8).tcp(22, 40000, 7, 9, 2),
       ""},
      {"ICMP around the first 8 bytes of TCP", icmp_about(3, 13).u16(40000).u16(23).u32(77),
       kUnreachable4},
      {"ICMP around 7 bytes of TCP", icmp_about(3, 13).u16(40000).u16(23).u16(0).u8(77), ""},
      {"ICMP around an IP header alone", icmp_about(3, 13), ""},
      {"ICMP around UDP", icmp_about(3, 3, 17).zeros(8), ""},
      {"an ICMP echo reply", icmp_about(0, 0).zeros(8), ""},
      {"time exceeded is no verdict about a port", icmp_about(11, 0).u16(40000).u16(23).u32(77),
       ""},
      {"ICMP around a fragment",
       frame()
           .ethernet(0x0800)
           .ipv4("198.18.9.9", "198.18.0.1", 1)
           .icmp(3, 13)
           .u32(0)
           .ipv4("198.18.0.1", "198.18.1.1", 6, 0, 0x2000)
           .u16(40000)
           .u16(23)
           .u32(77),
       ""},
      {"ICMP whose original has options",
       frame()
           .ethernet(0x0800)
           .ipv4("198.18.9.9", "198.18.0.1", 1)
           .icmp(3, 13)
           .u32(0)
           .ipv4("198.18.0.1", "198.18.1.1", 6, 8)
           .u16(40000)
           .u16(23)
           .u32(77),
       kUnreachable4},
      {"ICMPv6 unreachable", icmpv6_about(6).u16(40000).u16(23).u32(77), kUnreachable6},
      {"ICMPv6 around UDP", icmpv6_about(17).zeros(20), ""},
      {"ICMPv6 under IPv4",
       frame().ethernet(0x0800).ipv4("198.18.9.9", "198.18.0.1", 58).icmp(1, 1).u32(0).zeros(60),
       ""},
      {"ICMP under IPv6",
       frame().ethernet(0x86dd).ipv6("fd00::9", "fd00::1", 1).icmp(3, 13).u32(0).zeros(60), ""},
      {"an ARP reply", frame().ethernet(0x0806).arp(2, kOther, "198.18.1.1"),
       "198.18.1.1 is at 02:01:02:03:04:05"},
      {"an ARP request", frame().ethernet(0x0806).arp(1, kOther, "198.18.1.1"), ""},
      {"ARP of other hardware",
       frame().ethernet(0x0806).u16(6).u16(0x0800).u8(6).u8(4).u16(2).zeros(20), ""},
      {"ARP of another protocol",
       frame().ethernet(0x0806).u16(1).u16(0x86dd).u8(6).u8(16).u16(2).zeros(44), ""},
      {"ARP of addresses of other lengths",
       frame().ethernet(0x0806).u16(1).u16(0x0800).u8(8).u8(4).u16(2).zeros(24), ""},
      {"an ARP reply that names a group", frame().ethernet(0x0806).arp(2, kGroup, "198.18.1.1"),
       ""},
      {"an ARP reply that names everybody",
       frame().ethernet(0x0806).arp(2, MacAddress::broadcast(), "198.18.1.1"), ""},
      {"an ARP reply that names nobody",
       frame().ethernet(0x0806).arp(2, MacAddress{}, "198.18.1.1"), ""},
      {"an advertisement with the target's address", advertisement().u8(2).u8(1).mac(kOther),
       "fd00::22 is at 02:01:02:03:04:05"},
      {"an advertisement without options", advertisement(), "fd00::22 is at 02:00:00:00:00:aa"},
      {"an advertisement with another option", advertisement().u8(14).u8(1).zeros(6),
       "fd00::22 is at 02:00:00:00:00:aa"},
      {"an option of another length", advertisement().u8(2).u8(2).mac(kOther).zeros(8),
       "fd00::22 is at 02:00:00:00:00:aa"},
      {"an option cut off", advertisement().u8(2).u8(1).u8(2), "fd00::22 is at 02:00:00:00:00:aa"},
      {"an advertisement that names a group", advertisement().u8(2).u8(1).mac(kGroup), ""},
      {"an advertisement from beyond a router", advertisement(254).u8(2).u8(1).mac(kOther), ""},
      {"an advertisement with a code", advertisement(255, 1).u8(2).u8(1).mac(kOther), ""},
      {"a solicitation",
       frame().ethernet(0x86dd).ipv6("fd00::22", "fd00::1", 58).icmp(135, 0).u32(0).zeros(16), ""},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(verdict(row.frame.bytes()), row.verdict);
  }
}

TEST(ParseFrame, IsSilentAboutWhatIsCutOff) {
  const struct {
    const char* description;
    FrameBuilder frame;
    std::size_t needed;  ///< bytes, beyond which nothing is read
  } kRows[] = {
      {"TCP over IPv4", tcp_over_v4(), 14 + 20 + 20},
      {"TCP behind IP options", tcp_over_v4(8), 14 + 28 + 20},
      {"TCP over IPv6", frame().ethernet(0x86dd).ipv6("fd00::22", "fd00::1", 6).tcp(1, 2, 3, 4, 5),
       14 + 40 + 20},
      {"ICMP", icmp_about(3, 13).u16(40000).u16(23).u32(77), 14 + 20 + 8 + 20 + 8},
      {"ICMPv6", icmpv6_about(6).u16(40000).u16(23).u32(77), 14 + 40 + 8 + 40 + 8},
      {"ARP", frame().ethernet(0x0806).arp(2, kOther, "198.18.1.1"), 14 + 18},
      {"an advertisement", advertisement(), 14 + 40 + 24},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    for (std::size_t size = 0; size <= row.frame.bytes().size(); ++size) {
      // Exactly as long as the piece, so that a sanitizer sees a read beyond it.
      const std::vector<std::byte> piece(row.frame.bytes().begin(),
                                         row.frame.bytes().begin() + static_cast<long>(size));
      EXPECT_EQ(verdict(piece).empty(), size < row.needed) << size << " bytes";
    }
  }
}

/// TTL, window, the first option and the segment size of a segment, as one line.
std::string stack_of(Bytes frame) {
  const Received received = parse_frame(frame);
  const auto& tcp = std::get<TcpSegment>(received);
  return fmt::format("ttl {} window {} option {} size {}", tcp.ttl, tcp.window, tcp.first_option,
                     tcp.segment_size);
}

TEST(ParseFrame, ReadsHowAStackAnswers) {
  const auto segment = [](unsigned words, unsigned ttl = 61, std::size_t ip_options = 0) {
    return frame()
        .ethernet(0x0800)
        .ipv4("198.18.1.1", "198.18.0.1", 6, ip_options, 0x4000, ttl)
        .tcp(22, 40000, 7, 9, kSynAck, words, 64240);
  };
  const struct {
    const char* description;
    FrameBuilder frame;
    const char* stack;
  } kRows[] = {
      {"without options", segment(5), "ttl 61 window 64240 option 0 size 0"},
      {"a segment size", segment(6).u8(2).u8(4).u16(1460),
       "ttl 61 window 64240 option 2 size 1460"},
      {"behind IP options", segment(6, 255, 8).u8(2).u8(4).u16(1460),
       "ttl 255 window 64240 option 2 size 1460"},
      {"a segment size and more", segment(8).u8(2).u8(4).u16(536).u32(0x01030307).u32(0x01010402),
       "ttl 61 window 64240 option 2 size 536"},
      {"another option first", segment(7).u8(8).u8(10).zeros(6),
       "ttl 61 window 64240 option 8 size 0"},
      {"no operation first", segment(7).u8(1).u8(2).u8(4).u16(1460).zeros(3),
       "ttl 61 window 64240 option 1 size 0"},
      {"the end of options first", segment(6).u8(0).u8(4).u16(1460),
       "ttl 61 window 64240 option 0 size 0"},
      {"a segment size of another length", segment(6).u8(2).u8(3).u16(1460),
       "ttl 61 window 64240 option 2 size 0"},
      {"padding behind a header without options", segment(5).u8(2).u8(4).u16(1460),
       "ttl 61 window 64240 option 0 size 0"},
      {"a header that claims less than its fixed part", segment(0).u8(2).u8(4).u16(1460),
       "ttl 61 window 64240 option 0 size 0"},
      {"a header that claims options which are not there", segment(15),
       "ttl 61 window 64240 option 0 size 0"},
      {"options that are cut off", segment(15).u8(2).u8(4).u8(5),
       "ttl 61 window 64240 option 0 size 0"},
      {"a TTL of 0", segment(5, 0), "ttl 0 window 64240 option 0 size 0"},
      {"IPv6",
       frame()
           .ethernet(0x86dd)
           .ipv6("fd00::22", "fd00::1", 6, 63)
           .tcp(22, 40000, 7, 9, kSynAck, 6, 64800)
           .u8(2)
           .u8(4)
           .u16(1440),
       "ttl 63 window 64800 option 2 size 1440"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(stack_of(row.frame.bytes()), row.stack);
  }
}

LinkAddresses between(const IpAddress& source, const IpAddress& destination) {
  return {kOurMac, kPeerMac, source, destination};
}

rc::Gen<LinkAddresses> any_addresses() {
  const auto v4 = rc::gen::map(
      rc::gen::arbitrary<std::pair<std::uint32_t, std::uint32_t>>(), [](const auto& pair) {
        return between(IpAddress::v4(pair.first), IpAddress::v4(pair.second));
      });
  const auto v6 =
      rc::gen::map(rc::gen::arbitrary<std::pair<IpAddress::V6Bytes, IpAddress::V6Bytes>>(),
                   [](const auto& pair) {
                     return between(IpAddress::v6(pair.first), IpAddress::v6(pair.second));
                   });
  return rc::gen::oneOf(v4, v6);
}

RC_GTEST_PROP(SynTemplate, StampsWhatTheParserReads, (Port from, Port to, std::uint32_t sequence)) {
  const LinkAddresses addresses = *any_addresses();
  Frame frame;
  frame.data.fill(std::byte{0xee});  // stamp() is to write every byte
  frame.size = SynTemplate(addresses, from).stamp(to, sequence, frame.data);
  RC_ASSERT(is_well_formed(frame.bytes()));
  const auto tcp = std::get<TcpSegment>(parse_frame(frame.bytes()));
  RC_ASSERT(tcp.source == addresses.source);
  RC_ASSERT(tcp.destination == addresses.destination);
  RC_ASSERT(tcp.source_mac == addresses.source_mac);
  RC_ASSERT(tcp.source_port == from);
  RC_ASSERT(tcp.destination_port == to);
  RC_ASSERT(tcp.sequence == sequence);
  RC_ASSERT(tcp.acknowledgement == 0U);
  RC_ASSERT(tcp.flags == TcpFlags::syn);
}

RC_GTEST_PROP(MakeRst, WritesWhatTheParserReads, (Port from, Port to, std::uint32_t sequence)) {
  const LinkAddresses addresses = *any_addresses();
  const Frame frame = make_rst(addresses, from, to, sequence);
  RC_ASSERT(is_well_formed(frame.bytes()));
  const auto tcp = std::get<TcpSegment>(parse_frame(frame.bytes()));
  RC_ASSERT(tcp.source_port == from);
  RC_ASSERT(tcp.destination_port == to);
  RC_ASSERT(tcp.sequence == sequence);
  RC_ASSERT(tcp.flags == TcpFlags::rst);
}

RC_GTEST_PROP(MakeTcpReply, WritesWhatTheParserReads,
              (Port from, Port to, std::uint32_t acknowledgement, std::uint8_t flags,
               std::uint8_t ttl, std::uint16_t window, std::uint16_t segment_size)) {
  const TcpReply reply{from, to, 5, acknowledgement, flags, ttl, window, segment_size};
  const Frame frame = make_tcp_reply(*any_addresses(), reply);
  RC_ASSERT(is_well_formed(frame.bytes()));
  const auto tcp = std::get<TcpSegment>(parse_frame(frame.bytes()));
  RC_ASSERT(tcp.source_port == from);
  RC_ASSERT(tcp.destination_port == to);
  RC_ASSERT(tcp.sequence == 5U);
  RC_ASSERT(tcp.acknowledgement == acknowledgement);
  RC_ASSERT(tcp.flags == flags);
  RC_ASSERT(tcp.ttl == ttl);
  RC_ASSERT(tcp.window == window);
  RC_ASSERT(tcp.segment_size == segment_size);
  RC_ASSERT(tcp.first_option == (segment_size == 0 ? TcpOptions::end : 2));
}

RC_GTEST_PROP(MakeUnreachable, QuotesThePacketItIsAbout,
              (Port from, Port to, std::uint32_t sequence, std::uint8_t code)) {
  const LinkAddresses addresses = *any_addresses();
  const TcpSegment about{.source_mac = {},
                         .source = addresses.destination,
                         .destination = addresses.source,
                         .source_port = from,
                         .destination_port = to,
                         .sequence = sequence};
  const Frame frame = make_unreachable(addresses, code, about);
  RC_ASSERT(is_well_formed(frame.bytes()));
  const auto error = std::get<TcpUnreachable>(parse_frame(frame.bytes()));
  RC_ASSERT(error.reporter == addresses.source);
  RC_ASSERT(error.code == code);
  RC_ASSERT(error.original_source == about.source);
  RC_ASSERT(error.original_destination == about.destination);
  RC_ASSERT(error.original_source_port == from);
  RC_ASSERT(error.original_destination_port == to);
  RC_ASSERT(error.original_sequence == sequence);
}

RC_GTEST_PROP(NeighbourFrames, AskAndAnswer, ()) {
  const LinkAddresses addresses = *any_addresses();
  const IpAddress& wanted = addresses.destination;
  const Frame request = make_neighbour_request(kOurMac, addresses.source, wanted);
  RC_ASSERT(parse_neighbour_request(request.bytes()) == wanted);
  RC_ASSERT(verdict(request.bytes()).empty());
  const Frame reply = make_neighbour_reply(kPeerMac, kOurMac, wanted);
  const auto read = std::get<NeighbourReply>(parse_frame(reply.bytes()));
  RC_ASSERT(read.address == wanted);
  RC_ASSERT(read.mac == kPeerMac);
  if (wanted.is_v6()) RC_ASSERT(is_well_formed(request.bytes()) && is_well_formed(reply.bytes()));
}

TEST(NeighbourRequest, GoesToTheGroupOfTheWantedAddress) {
  const Frame arp = make_neighbour_request(kOurMac, address("198.18.0.1"), address("198.18.1.1"));
  EXPECT_EQ(std::to_integer<int>(arp.data[0]), 0xff);
  const Frame solicitation =
      make_neighbour_request(kOurMac, address("fd00::1"), address("fd00::12:3456"));
  // RFC 4291 section 2.7.1: ff02::1:ff00:0/104 and the low 24 bits; RFC 2464 section 7.
  FrameBuilder expected;
  expected.u16(0x3333).u32(0xff123456);
  EXPECT_TRUE(std::ranges::equal(expected.bytes(), solicitation.bytes().first(6)));
  FrameBuilder group;
  group.ip(address("ff02::1:ff12:3456"));
  EXPECT_TRUE(std::ranges::equal(group.bytes(), solicitation.bytes().subspan(38, 16)));
}

TEST(Checksum, AgreesWithTheExampleOfRfc1071) {
  FrameBuilder example;
  example.u16(0x0001).u16(0xf203).u16(0xf4f5).u16(0xf6f7);
  EXPECT_EQ(checksum_finish(checksum_add(0, example.bytes())), static_cast<std::uint16_t>(~0xddf2));
  example.u8(0x80);
  EXPECT_EQ(checksum_finish(checksum_add(0, example.bytes())), static_cast<std::uint16_t>(~0x5df3))
      << "an odd byte is the high one of its word";
}

TEST(MacAddress, PrintsAsTheFieldDoes) {
  EXPECT_EQ(MacAddress({0x02, 0x0a, 0, 0xff, 1, 0x10}).to_string(), "02:0a:00:ff:01:10");
}

}  // namespace
}  // namespace lockstep::net
