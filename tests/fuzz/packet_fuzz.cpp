// Received frames: whatever the bytes, parse_frame() and PacketLink::classify() return, and only a
// frame that knows the cookie of the probe that it claims to answer changes the table, and says
// how a stack answers.

#include <cstdlib>
#include <optional>
#include <span>
#include <vector>

#include "net/peer_frame.h"
#include "scan/packet_link.h"

namespace {

using namespace lockstep;

constexpr Port kSourcePort = 40000;
constexpr lockstep_cookie_key kKey{0x0123456789abcdef, 0xfedcba9876543210};

// The corpus speaks of these addresses.
const IpAddress kSources[] = {IpAddress::parse("198.18.0.1").value(),
                              IpAddress::parse("fd00::1").value()};
const IpAddress kTargets[] = {IpAddress::parse("198.18.0.7").value(),
                              IpAddress::parse("fd00::7").value()};

scan::PacketLink make_link() {
  scan::PacketLink link({}, kSourcePort, kKey);
  for (std::uint32_t i = 0; i < 2; ++i) link.add(i, {{}, {}, kSources[i], kTargets[i]});
  return link;
}

/// The sequence number of our probe to `target` and `port`, as the probe itself has it.
std::uint32_t cookie(const scan::PacketLink& link, std::uint32_t target, Port port) {
  net::Frame syn;
  syn.size = link.write({.target = target, .port = port}, 1, syn.data);
  return std::get<net::TcpSegment>(net::parse_frame(syn.bytes())).sequence;
}

/// The probe that a frame proves to answer, judged without classify().
std::optional<scan::Probe> proven(const scan::PacketLink& link, net::Bytes frame) {
  const net::Received received = net::parse_frame(frame);
  for (std::uint32_t target = 0; target < 2; ++target) {
    if (const auto* const segment = std::get_if<net::TcpSegment>(&received)) {
      const std::uint32_t sequence = cookie(link, target, segment->source_port);
      const bool rst = (segment->flags & net::TcpFlags::rst) != 0;
      const bool right =
          segment->acknowledgement == sequence + 1 || (rst && segment->acknowledgement == sequence);
      if (segment->source == kTargets[target] && right) {
        return scan::Probe{.target = target, .port = segment->source_port};
      }
    }
    if (const auto* const error = std::get_if<net::TcpUnreachable>(&received)) {
      const Port port = error->original_destination_port;
      if (error->original_destination == kTargets[target] &&
          error->original_sequence == cookie(link, target, port)) {
        return scan::Probe{.target = target, .port = port};
      }
    }
  }
  return {};
}

std::uint32_t answered(const scan::ResultTable& table) {
  return table.target(0).answered + table.target(1).answered;
}

/// Of both targets: how many have shown a SYN-ACK or a RST.
int stacks_seen(const scan::ResultTable& table) {
  int seen = 0;
  for (std::size_t target = 0; target < 2; ++target) {
    seen += table.target(target).syn_ack != 0 ? 1 : 0;
    seen += table.target(target).rst != 0 ? 1 : 0;
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const scan::PacketLink link = make_link();
  const auto table = scan::ResultTable::create(2).value();
  // A copy, so that a read beyond the frame is seen.
  const auto bytes = std::as_bytes(std::span(data, size));
  const std::vector<std::byte> frame(bytes.begin(), bytes.end());
  const scan::Classified told = link.classify(frame, table);
  net::parse_neighbour_request(frame);

  if (answered(table) != (told.news ? 1U : 0U) || (told.reset && !told.news)) std::abort();
  const bool refused = table.target(0).unreachable + table.target(1).unreachable > 0;
  if (stacks_seen(table) != (told.news && !refused ? 1 : 0)) std::abort();
  if (answered(table) == 1) {
    const auto probe = proven(link, frame);
    if (!probe || table.answer(probe->target, probe->port) == scan::Answer::none) std::abort();
  }
  return 0;
}
