// IP addresses and prefixes as values. Host byte order inside; `net/` alone knows the wire.

#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lockstep {

enum class IpFamily : std::uint8_t { v4, v6 };

/// An IPv4 or IPv6 address. Ordered: all of IPv4 before all of IPv6, then by number.
/// Scoped IPv6 addresses ("fe80::1%eth0") are not represented.
class IpAddress {
 public:
  using V6Bytes = std::array<std::uint8_t, 16>;

  /// 0.0.0.0
  constexpr IpAddress() = default;
  /// `number` in host order: 0xc6120001 is 198.18.0.1.
  static constexpr IpAddress v4(std::uint32_t number) {
    IpAddress result;
    for (std::size_t i = 0; i < 4; ++i) {
      result.bytes_[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
    }
    return result;
  }
  /// `bytes` as written: the most significant first.
  static constexpr IpAddress v6(const V6Bytes& bytes) {
    IpAddress result;
    result.family_ = IpFamily::v6;
    result.bytes_ = bytes;
    return result;
  }
  /// Dotted quad or RFC 4291 text; an IPv4-mapped IPv6 address becomes the IPv4 one.
  static Result<IpAddress> parse(std::string_view text);

  constexpr IpFamily family() const { return family_; }
  constexpr bool is_v4() const { return family_ == IpFamily::v4; }
  constexpr bool is_v6() const { return family_ == IpFamily::v6; }
  /// 32 or 128.
  constexpr int bits() const { return is_v4() ? 32 : 128; }

  /// The IPv4 number in host order. Only for is_v4().
  constexpr std::uint32_t v4_number() const {
    return (std::uint32_t{bytes_[0]} << 24) | (std::uint32_t{bytes_[1]} << 16) |
           (std::uint32_t{bytes_[2]} << 8) | std::uint32_t{bytes_[3]};
  }
  /// The most significant byte first; an IPv4 address fills the first four.
  constexpr const V6Bytes& bytes() const { return bytes_; }

  bool is_loopback() const;

  /// The address `offset` further on, wrapping at the end of its family.
  IpAddress plus(std::uint64_t offset) const;

  std::string to_string() const;

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  IpFamily family_ = IpFamily::v4;
  V6Bytes bytes_{};
};

/// A CIDR prefix such as 198.18.0.0/15. Bits after the length are zero.
class Prefix {
 public:
  /// Clears the bits of `address` after `length`. `length` is 0 to address.bits().
  Prefix(const IpAddress& address, int length);
  /// "198.18.0.0/15", "fd00::/8", or a bare address (its full length). Set host bits are an error,
  /// since they mostly tell of a mistyped length.
  static Result<Prefix> parse(std::string_view text);

  const IpAddress& address() const { return address_; }
  int length() const { return length_; }
  bool contains(const IpAddress& candidate) const;
  /// The last address of the prefix.
  IpAddress last() const;
  std::string to_string() const;

  friend auto operator<=>(const Prefix&, const Prefix&) = default;

 private:
  IpAddress address_;
  int length_;
};

/// An inclusive range of addresses of one family; first <= last.
struct IpRange {
  IpAddress first;
  IpAddress last;

  /// "198.18.0.1-198.18.0.16", "198.18.0.1-16" (last octet), a prefix, or a bare address.
  static Result<IpRange> parse(std::string_view text);
  /// Number of addresses, saturating at 2^64 - 1.
  std::uint64_t size() const;
};

}  // namespace lockstep

template <>
struct std::hash<lockstep::IpAddress> {
  std::size_t operator()(const lockstep::IpAddress& address) const noexcept;
};
