#include "net/headers.h"

namespace lockstep::net {
namespace {

std::size_t address_size(const IpAddress& address) {
  return address.is_v4() ? 4 : 16;
}

Bytes address_bytes(const IpAddress& address) {
  return std::as_bytes(std::span(address.bytes())).first(address_size(address));
}

}  // namespace

void write_ethernet(Writer& out, const MacAddress& destination, const MacAddress& source,
                    std::uint16_t type) {
  out.copy(destination.bytes.data(), 6).copy(source.bytes.data(), 6).u16(type);
}

void write_address(Writer& out, const IpAddress& address) {
  out.copy(address.bytes().data(), address_size(address));
}

std::uint32_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination,
                                std::uint8_t protocol, std::size_t length) {
  std::uint32_t sum = checksum_add(0, address_bytes(source));
  sum = checksum_add(sum, address_bytes(destination));
  return sum + protocol + static_cast<std::uint32_t>(length);
}

std::size_t write_ip(MutableBytes room, const LinkAddresses& addresses, const IpFields& fields,
                     std::size_t payload) {
  Writer out(room);
  const bool v4 = addresses.source.is_v4();
  write_ethernet(out, addresses.destination_mac, addresses.source_mac,
                 v4 ? kEtherIpv4 : kEtherIpv6);
  if (v4) {
    constexpr std::uint16_t kDontFragment = 0x4000;
    out.u8(0x45).u8(0).u16(static_cast<std::uint16_t>(20 + payload));
    out.u16(fields.tag).u16(kDontFragment);
    out.u8(fields.hop_limit).u8(fields.protocol).u16(0);
    write_address(out, addresses.source);
    write_address(out, addresses.destination);
    const Bytes header = room.subspan(kEthernetBytes, 20);
    Writer(room.subspan(kEthernetBytes + 10)).u16(checksum_finish(checksum_add(0, header)));
  } else {
    out.u32(0x60000000U | fields.tag).u16(static_cast<std::uint16_t>(payload));
    out.u8(fields.protocol).u8(fields.hop_limit);
    write_address(out, addresses.source);
    write_address(out, addresses.destination);
  }
  return out.written();
}

void write_checksum(MutableBytes frame, const LinkAddresses& addresses, std::uint8_t protocol,
                    std::size_t offset, std::size_t field) {
  const Bytes payload = frame.subspan(offset);
  const std::uint32_t sum = checksum_add(
      pseudo_header_sum(addresses.source, addresses.destination, protocol, payload.size()),
      payload);
  const std::uint16_t checksum = checksum_finish(sum);
  constexpr std::uint16_t kZero = 0xffff;
  const bool means_none = protocol == kProtocolUdp && checksum == 0;
  Writer(frame.subspan(offset + field)).u16(means_none ? kZero : checksum);
}

}  // namespace lockstep::net
