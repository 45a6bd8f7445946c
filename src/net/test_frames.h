// For tests: frames put together header by header, well formed or not, and checksums summed in
// another way than the code under test does it.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "net/frame.h"

namespace lockstep::net::test {

inline IpAddress address(std::string_view text) {
  return IpAddress::parse(text).value();
}

inline constexpr MacAddress kPeerMac{{0x02, 0, 0, 0, 0, 0xaa}};
inline constexpr MacAddress kOurMac{{0x02, 0, 0, 0, 0, 0xbb}};

/// Appends headers and bytes in the order of the calls. Lengths and checksums in the headers are
/// zero where no call sets them: parse_frame() does not look at them.
class FrameBuilder {
 public:
  FrameBuilder& u8(unsigned value) { return number(value, 1); }
  FrameBuilder& u16(unsigned value) { return number(value, 2); }
  FrameBuilder& u32(std::uint32_t value) { return number(value, 4); }
  FrameBuilder& zeros(std::size_t count) {
    bytes_.insert(bytes_.end(), count, std::byte{0});
    return *this;
  }
  FrameBuilder& mac(const MacAddress& value) { return copy(value.bytes); }
  FrameBuilder& ip(const IpAddress& value) {
    return copy(std::span(value.bytes()).first(value.is_v4() ? 4 : 16));
  }

  FrameBuilder& ethernet(unsigned type) { return mac(kOurMac).mac(kPeerMac).u16(type); }
  FrameBuilder& vlan(unsigned id, unsigned type) { return u16(id).u16(type); }

  /// `options`: bytes of IP options, a multiple of 4. `fragment`: flags and offset as on the wire.
  FrameBuilder& ipv4(const char* source, const char* destination, unsigned protocol,
                     std::size_t options = 0, unsigned fragment = 0x4000, unsigned ttl = 64) {
    u8(0x45 + static_cast<unsigned>(options / 4)).zeros(5).u16(fragment);
    u8(ttl).u8(protocol).u16(0).ip(address(source)).ip(address(destination));
    return zeros(options);
  }
  FrameBuilder& ipv6(const char* source, const char* destination, unsigned next_header,
                     unsigned hop_limit = 255) {
    u32(0x60000000).u16(0).u8(next_header).u8(hop_limit);
    return ip(address(source)).ip(address(destination));
  }
  /// `words`: the length that the header says of itself, in words of 4 bytes.
  FrameBuilder& tcp(unsigned source_port, unsigned destination_port, std::uint32_t sequence,
                    std::uint32_t acknowledgement, unsigned flags, unsigned words = 5,
                    unsigned window = 0) {
    u16(source_port).u16(destination_port).u32(sequence).u32(acknowledgement);
    return u8(words << 4).u8(flags).u16(window).zeros(4);
  }
  FrameBuilder& icmp(unsigned type, unsigned code) { return u8(type).u8(code).u16(0); }
  FrameBuilder& arp(unsigned operation, const MacAddress& sender_mac, const char* sender) {
    u16(1).u16(0x0800).u8(6).u8(4).u16(operation).mac(sender_mac).ip(address(sender));
    return mac(kOurMac).ip(address("198.18.0.1"));
  }

  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  FrameBuilder& number(std::uint32_t value, std::size_t size) {
    while (size-- > 0) bytes_.push_back(static_cast<std::byte>(value >> (8 * size)));
    return *this;
  }
  FrameBuilder& copy(std::span<const std::uint8_t> values) {
    for (const std::uint8_t value : values) u8(value);
    return *this;
  }

  std::vector<std::byte> bytes_;
};

/// The sum of RFC 1071 with the end-around carry at each step: 0xffff over bytes that contain a
/// right checksum.
inline unsigned ones_complement_sum(std::span<const std::byte> bytes) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += std::to_integer<unsigned>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

inline unsigned u16_at(std::span<const std::byte> bytes, std::size_t offset) {
  return (std::to_integer<unsigned>(bytes[offset]) << 8) |
         std::to_integer<unsigned>(bytes[offset + 1]);
}

/// Whether lengths and checksums of an IP frame with TCP or ICMP are those that its bytes call for.
inline bool is_well_formed(std::span<const std::byte> frame) {
  const bool v4 = u16_at(frame, 12) == 0x0800;
  const std::size_t header = v4 ? 20 : 40;
  const auto ip = frame.subspan(14);
  const auto payload = ip.subspan(header);
  if (u16_at(ip, v4 ? 2 : 4) != (v4 ? ip.size() : payload.size())) return false;
  if (v4 && ones_complement_sum(ip.first(header)) != 0xffff) return false;
  const auto protocol = std::to_integer<unsigned>(ip[v4 ? 9 : 6]);
  std::vector<std::byte> summed;
  if (protocol != 1) {
    const auto addresses = v4 ? ip.subspan(12, 8) : ip.subspan(8, 32);
    summed.assign(addresses.begin(), addresses.end());
    FrameBuilder pseudo;
    pseudo.u32(static_cast<std::uint32_t>(payload.size())).u32(protocol);
    summed.insert(summed.end(), pseudo.bytes().begin(), pseudo.bytes().end());
  }
  summed.insert(summed.end(), payload.begin(), payload.end());
  return ones_complement_sum(summed) == 0xffff;
}

}  // namespace lockstep::net::test
