#include "base/ip_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "base/text.h"

namespace lockstep {
namespace {

constexpr std::size_t kLongestAddressText = 64;

/// The index of the first bit at which the two differ, or bits() where they are equal.
int common_prefix(const IpAddress& a, const IpAddress& b) {
  for (int bit = 0; bit < a.bits(); ++bit) {
    const std::size_t byte = static_cast<std::size_t>(bit) / 8;
    const int mask = 0x80 >> (bit % 8);
    if ((a.bytes()[byte] & mask) != (b.bytes()[byte] & mask)) return bit;
  }
  return a.bits();
}

IpAddress with_host_bits(const IpAddress& address, int length, bool set) {
  IpAddress::V6Bytes bytes = address.bytes();
  for (int bit = length; bit < address.bits(); ++bit) {
    const std::size_t byte = static_cast<std::size_t>(bit) / 8;
    const int mask = 0x80 >> (bit % 8);
    bytes[byte] = static_cast<std::uint8_t>(set ? bytes[byte] | mask : bytes[byte] & ~mask);
  }
  if (address.is_v6()) return IpAddress::v6(bytes);
  return IpAddress::v4((std::uint32_t{bytes[0]} << 24) | (std::uint32_t{bytes[1]} << 16) |
                       (std::uint32_t{bytes[2]} << 8) | bytes[3]);
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string copy(text.substr(0, kLongestAddressText));
  // A zero byte would hide what follows it from inet_pton().
  const bool whole = copy.size() == text.size() && copy.find('\0') == std::string::npos;
  in_addr four{};
  if (whole && inet_pton(AF_INET, copy.c_str(), &four) == 1) return v4(ntohl(four.s_addr));
  V6Bytes bytes{};
  if (whole && inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) {
    const bool mapped =
        std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; }) &&
        bytes[10] == 0xff && bytes[11] == 0xff;
    if (mapped) {
      return v4((std::uint32_t{bytes[12]} << 24) | (std::uint32_t{bytes[13]} << 16) |
                (std::uint32_t{bytes[14]} << 8) | bytes[15]);
    }
    return v6(bytes);
  }
  return fail(ErrorKind::invalid, fmt::format("{} is not an IP address", quoted(text)));
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[0] == 127;
  V6Bytes one{};
  one[15] = 1;
  return bytes_ == one;
}

IpAddress IpAddress::plus(std::uint64_t offset) const {
  if (is_v4()) return v4(static_cast<std::uint32_t>(v4_number() + offset));
  V6Bytes bytes = bytes_;
  std::uint64_t carry = offset;
  for (std::size_t i = 16; i-- > 0 && carry != 0;) {
    const std::uint64_t sum = bytes[i] + (carry & 0xff);
    bytes[i] = static_cast<std::uint8_t>(sum);
    carry = (carry >> 8) + (sum >> 8);
  }
  return v6(bytes);
}

std::string IpAddress::to_string() const {
  if (is_v4()) return fmt::format("{}.{}.{}.{}", bytes_[0], bytes_[1], bytes_[2], bytes_[3]);
  char text[INET6_ADDRSTRLEN];
  inet_ntop(AF_INET6, bytes_.data(), text, sizeof text);
  return text;
}

Prefix::Prefix(const IpAddress& address, int length)
    : address_(with_host_bits(address, length, false)), length_(length) {}

Result<Prefix> Prefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  LOCKSTEP_TRY(const IpAddress address, IpAddress::parse(text.substr(0, slash)));
  if (slash == std::string_view::npos) return Prefix(address, address.bits());
  // The length of a mapped address counts IPv6 bits, of which the mapping takes 96.
  const bool mapped = address.is_v4() && text.substr(0, slash).find(':') != std::string_view::npos;
  const unsigned shortest = mapped ? 96 : 0;
  const unsigned longest = shortest + static_cast<unsigned>(address.bits());
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;  // unsigned, so that "-0" is refused
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || end != digits.data() + digits.size() || length < shortest ||
      length > longest) {
    return fail(ErrorKind::invalid, fmt::format("{}: the length of the prefix is to be {} to {}",
                                                quoted(text), shortest, longest));
  }
  const Prefix result(address, static_cast<int>(length - shortest));
  if (result.address() != address) {
    return fail(ErrorKind::invalid,
                fmt::format("{} has bits set after its length; did you mean {}?", quoted(text),
                            result.to_string()));
  }
  return result;
}

bool Prefix::contains(const IpAddress& candidate) const {
  return candidate.family() == address_.family() && common_prefix(candidate, address_) >= length_;
}

IpAddress Prefix::last() const {
  return with_host_bits(address_, length_, true);
}

std::string Prefix::to_string() const {
  return fmt::format("{}/{}", address_.to_string(), length_);
}

Result<IpRange> IpRange::parse(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    LOCKSTEP_TRY(const Prefix prefix, Prefix::parse(text));
    return IpRange{prefix.address(), prefix.last()};
  }
  LOCKSTEP_TRY(const IpAddress first, IpAddress::parse(text.substr(0, dash)));
  const std::string_view rest = text.substr(dash + 1);
  IpAddress last;
  unsigned octet = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), octet);
  if (first.is_v4() && error == std::errc() && end == rest.data() + rest.size() && octet <= 255) {
    last = IpAddress::v4((first.v4_number() & 0xffffff00U) | octet);
  } else {
    LOCKSTEP_TRY(last, IpAddress::parse(rest));
  }
  if (last.family() != first.family()) {
    return fail(ErrorKind::invalid, fmt::format("{} mixes IPv4 and IPv6", quoted(text)));
  }
  if (last < first) {
    return fail(ErrorKind::invalid,
                fmt::format("{}: the range ends before it begins", quoted(text)));
  }
  return IpRange{first, last};
}

std::uint64_t IpRange::size() const {
  if (first.is_v4()) return std::uint64_t{last.v4_number()} - first.v4_number() + 1;
  if (common_prefix(first, last) < 64) return std::numeric_limits<std::uint64_t>::max();
  std::uint64_t low_first = 0;
  std::uint64_t low_last = 0;
  for (std::size_t i = 8; i < 16; ++i) {
    low_first = (low_first << 8) | first.bytes()[i];
    low_last = (low_last << 8) | last.bytes()[i];
  }
  const std::uint64_t distance = low_last - low_first;
  return distance == std::numeric_limits<std::uint64_t>::max() ? distance : distance + 1;
}

}  // namespace lockstep

std::size_t std::hash<lockstep::IpAddress>::operator()(
    const lockstep::IpAddress& address) const noexcept {
  std::uint64_t halves[2];
  std::memcpy(halves, address.bytes().data(), sizeof halves);
  const std::uint64_t mixed =
      (halves[0] ^ (halves[1] * 0x9e3779b97f4a7c15ULL)) + (address.is_v6() ? 1 : 0);
  return static_cast<std::size_t>((mixed ^ (mixed >> 29)) * 0xbf58476d1ce4e5b9ULL);
}
