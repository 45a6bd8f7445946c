// Received frames, as the link for UDP judges them: whatever the bytes, classify() and settle()
// return, and only a frame that comes to the port and address of ours that asked, or quotes our
// own datagram, changes the table.
//
// The first byte of the input says how the frame is made: 0 takes the rest as it is; else it is an
// answer (1), or an ICMP error (2), to a datagram of ours: two bytes of the port, one byte to
// change at an offset of two bytes, and what is said.

#include <array>
#include <cstdlib>
#include <optional>
#include <span>
#include <vector>

#include "net/peer_frame.h"
#include "scan/udp_link.h"

namespace {

using namespace lockstep;

constexpr std::size_t kHead = 6;
constexpr Port kMoving = 40100;  // the port of ours that asks TFTP, which answers from anywhere
const IpAddress kTarget = IpAddress::parse("198.18.0.7").value();
const std::vector<IpAddress> kSources = {IpAddress::parse("198.18.0.1").value(),
                                         IpAddress::parse("198.18.0.2").value()};

/// Made anew for each input: it remembers strangers for the length of a pass.
struct Link {
  scan::UdpLink link{{},
                     {.usual = {40000, 40001, 40002}, .for_moving = {{69, kMoving}}},
                     kSources,
                     {0x0123456789abcdef, 0xfedcba9876543210}};

  Link() { link.add(0, {{}, {}, kSources[0], kTarget}); }
};

/// Our datagram to a port, in one of the rounds.
net::UdpDatagram asked(const scan::UdpLink& link, Port port, std::uint32_t round,
                       std::vector<std::byte>& room) {
  room.resize(net::kMaxDatagramFrameBytes);
  room.resize(link.write({.target = 0, .port = port, .round = round}, 1, room));
  return std::get<net::UdpDatagram>(net::parse_frame(room));
}

std::vector<std::byte> frame_of(const scan::UdpLink& link, std::span<const std::byte> input) {
  if (input[0] == std::byte{0} || input.size() < kHead) return {input.begin() + 1, input.end()};
  const auto port =
      static_cast<Port>(static_cast<unsigned>(input[1]) << 8 | static_cast<unsigned>(input[2]));
  std::vector<std::byte> room;
  net::UdpDatagram about = asked(link, port == 0 ? 1 : port, 0, room);
  const net::LinkAddresses back{{}, {}, about.destination, about.source};
  net::Frame made;
  if (input[0] == std::byte{1}) {
    about.payload = input.subspan(kHead).first(std::min<std::size_t>(input.size() - kHead, 512));
    made = net::make_datagram_reply(back, about);
  } else {
    made = net::make_port_unreachable(back, room);
  }
  std::vector<std::byte> frame(made.bytes().begin(), made.bytes().end());
  const std::size_t at =
      static_cast<std::size_t>(input[4]) << 8 | static_cast<std::size_t>(input[5]);
  if (at < frame.size()) frame[at] ^= input[3];
  return frame;
}

/// Whether the frame comes to who asked, judged without classify().
bool is_for_us(const scan::UdpLink& link, net::Bytes frame) {
  const net::Received received = net::parse_frame(frame);
  std::vector<std::byte> room;
  for (std::uint32_t round = 0; round < 2; ++round) {
    if (const auto* const datagram = std::get_if<net::UdpDatagram>(&received)) {
      if (datagram->source != kTarget) return false;
      if (datagram->destination_port == kMoving) return true;
      if (datagram->source_port == 0) return false;
      const net::UdpDatagram ours = asked(link, datagram->source_port, round, room);
      if (ours.source == datagram->destination && ours.source_port == datagram->destination_port) {
        return true;
      }
    }
    if (const auto* const error = std::get_if<net::UdpUnreachable>(&received)) {
      if (error->original_destination != kTarget || error->original_destination_port == 0) {
        return false;
      }
      const net::UdpDatagram ours = asked(link, error->original_destination_port, round, room);
      if (ours.source == error->original_source &&
          ours.source_port == error->original_source_port) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Link made;
  const scan::UdpLink& link = made.link;
  const auto table = scan::ResultTable::create(1).value();
  const std::vector<std::byte> frame = frame_of(link, std::as_bytes(std::span(data, size)));
  const scan::Classified told = link.classify(frame, table);
  if (told.reset || (told.news && table.target(0).answered != 1)) std::abort();
  link.settle(table);
  if (table.target(0).answered > 1) std::abort();
  if (table.target(0).answered == 1 && !is_for_us(link, frame)) std::abort();
  return 0;
}
