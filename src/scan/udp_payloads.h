// What a UDP scan sends to a port, and how an answer is known to answer it. The datagrams stand in
// data/udp/payloads, whose head explains the format; they are embedded in the program.
//
//   for (const UdpPayload& payload : udp_payloads(port)) {
//     datagram.resize(payload.bytes.size());
//     stamp(payload, cookie, datagram);                    // what goes out
//     ...
//     if (match(payload, cookie, answer) != UdpMatch::forged) ...  // what came back
//   }
//
// Pure functions over constant tables: any thread may call them at any time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/port.h"
#include "base/result.h"

namespace lockstep::scan {

/// No datagram is larger: it fits in an IPv6 packet of 1,280 bytes, which every link carries whole
/// (RFC 8200, section 5).
inline constexpr std::size_t kMostUdpPayloadBytes = 1232;

/// Bytes of the cookie: `first` to `first + count - 1` of 0 to 7, byte 0 being the least
/// significant. As they are, or each as two lowercase hexadecimal digits.
struct CookieBytes {
  std::uint8_t first = 0;
  std::uint8_t count = 0;
  bool as_text = false;

  /// How many bytes of a datagram they take.
  std::size_t size() const { return as_text ? std::size_t{2} * count : count; }
  friend bool operator==(const CookieBytes&, const CookieBytes&) = default;
};

/// Where a datagram of ours carries bytes of the cookie.
struct UdpIdentifier {
  std::uint16_t offset = 0;
  CookieBytes cookie;
};

/// Where an answer repeats bytes of the cookie: at a fixed offset, or right behind `behind`, which
/// may stand anywhere in the first kMostUdpPayloadBytes of the answer (lengths in BER and headers
/// of text move what follows them).
struct UdpEcho {
  std::uint16_t offset = 0;  ///< if `behind` is empty
  std::vector<std::byte> behind;
  CookieBytes cookie;
};

/// A datagram, and how its answers look.
struct UdpPayload {
  std::string protocol;          ///< "dns"; empty for the empty datagram of a port without entries
  std::vector<std::byte> bytes;  ///< at most kMostUdpPayloadBytes; the identifiers' places are zero
  std::vector<UdpIdentifier> identifiers;
  std::vector<UdpEcho> echoes;           ///< an answer has at least one of them
  bool echo_is_optional = false;         ///< some servers answer without: that proves nothing
  bool answers_from_other_port = false;  ///< the answer's source need not be the port asked
};

/// Whether an answer answers this very datagram.
enum class UdpMatch {
  answer,   ///< it carries our identifier
  forged,   ///< its protocol repeats the identifier, and this carries another, or is cut short
  unknown,  ///< the protocol has none to check: only addresses and ports speak for it
};

/// What is sent to `port`, in the order of the file. Never empty: a port without entries has one
/// payload without bytes, protocol, or echoes. Valid for ever.
std::span<const UdpPayload> udp_payloads(Port port);

/// Writes the datagram with the identifiers filled from `cookie` into the first
/// payload.bytes.size() bytes of `out`, which must have that many.
void stamp(const UdpPayload& payload, std::uint64_t cookie, std::span<std::byte> out);

/// Judges the bytes of a datagram that came back, whatever they are.
UdpMatch match(const UdpPayload& payload, std::uint64_t cookie, std::span<const std::byte> answer);

/// An entry of a file of payloads: a datagram, and the ports that get it.
struct UdpEntry {
  UdpPayload payload;
  PortSet ports;
};

/// Parses a file in the format of data/udp/payloads. Errors: `invalid`, with the number of the
/// line.
Result<std::vector<UdpEntry>> parse_udp_payloads(std::string_view text);

/// The payloads of every port, ready to be looked up.
class UdpPayloadTable {
 public:
  explicit UdpPayloadTable(const std::vector<UdpEntry>& entries);

  /// As udp_payloads(); valid as long as the table.
  std::span<const UdpPayload> of(Port port) const { return lists_[list_of_port_[port]]; }

 private:
  std::vector<std::vector<UdpPayload>> lists_;  // each different list once
  std::vector<std::uint16_t> list_of_port_;     // 65,536 of them
};

}  // namespace lockstep::scan
