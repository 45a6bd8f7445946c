#include "scan/udp_payloads.h"

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "data/udp_payloads.h"

namespace lockstep::scan {
namespace {

constexpr std::size_t kPorts = 65536;
constexpr char kDigits[] = "0123456789abcdef";

/// Byte `i` of what `bytes` of the cookie look like in a datagram.
std::byte cookie_byte(const CookieBytes& bytes, std::uint64_t cookie, std::size_t i) {
  const std::size_t index = bytes.first + (bytes.as_text ? i / 2 : i);
  const unsigned value = (cookie >> (8 * index)) & 0xff;
  if (!bytes.as_text) return static_cast<std::byte>(value);
  return static_cast<std::byte>(kDigits[i % 2 == 0 ? value >> 4 : value & 0x0f]);
}

/// Whether `answer` has the bytes of the cookie at `offset`.
bool repeats(const CookieBytes& bytes, std::uint64_t cookie, std::span<const std::byte> answer,
             std::size_t offset) {
  if (offset > answer.size() || answer.size() - offset < bytes.size()) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (answer[offset + i] != cookie_byte(bytes, cookie, i)) return false;
  }
  return true;
}

bool has_echo(const UdpEcho& echo, std::uint64_t cookie, std::span<const std::byte> answer) {
  if (echo.behind.empty()) return repeats(echo.cookie, cookie, answer, echo.offset);
  // Every place, not only the first: chance, or a forger, may have put the same bytes before.
  auto place = answer.begin();
  for (;;) {
    place = std::search(place, answer.end(), echo.behind.begin(), echo.behind.end());
    if (place == answer.end()) return false;
    const auto offset = static_cast<std::size_t>(place - answer.begin()) + echo.behind.size();
    if (repeats(echo.cookie, cookie, answer, offset)) return true;
    ++place;
  }
}

/// The embedded file is ours: a mistake in it is one of the program.
UdpPayloadTable embedded_table() {
  const auto entries = parse_udp_payloads(data::udp_payloads());
  if (!entries) {
    std::fprintf(stderr, "lockstep: data/udp/payloads: %s\n", entries.error().message().c_str());
    std::abort();
  }
  return UdpPayloadTable(*entries);
}

}  // namespace

UdpPayloadTable::UdpPayloadTable(const std::vector<UdpEntry>& entries) : list_of_port_(kPorts) {
  // Ports with the same entries share a list, so that a range costs no more than a port.
  std::map<std::vector<std::size_t>, std::uint16_t> known;
  for (std::size_t port = 0; port < kPorts; ++port) {
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].ports.contains(static_cast<Port>(port))) members.push_back(i);
    }
    const auto [place, is_new] =
        known.try_emplace(members, static_cast<std::uint16_t>(lists_.size()));
    list_of_port_[port] = place->second;
    if (!is_new) continue;
    std::vector<UdpPayload>& list = lists_.emplace_back();
    for (const std::size_t i : members) list.push_back(entries[i].payload);
    if (list.empty()) list.emplace_back();
  }
}

std::span<const UdpPayload> udp_payloads(Port port) {
  static const UdpPayloadTable table = embedded_table();
  return table.of(port);
}

void stamp(const UdpPayload& payload, std::uint64_t cookie, std::span<std::byte> out) {
  assert(out.size() >= payload.bytes.size());
  std::ranges::copy(payload.bytes, out.begin());
  for (const UdpIdentifier& identifier : payload.identifiers) {
    for (std::size_t i = 0; i < identifier.cookie.size(); ++i) {
      out[identifier.offset + i] = cookie_byte(identifier.cookie, cookie, i);
    }
  }
}

UdpMatch match(const UdpPayload& payload, std::uint64_t cookie, std::span<const std::byte> answer) {
  if (payload.echoes.empty()) return UdpMatch::unknown;
  answer = answer.first(std::min(answer.size(), kMostUdpPayloadBytes));
  for (const UdpEcho& echo : payload.echoes) {
    if (has_echo(echo, cookie, answer)) return UdpMatch::answer;
  }
  return payload.echo_is_optional ? UdpMatch::unknown : UdpMatch::forged;
}

}  // namespace lockstep::scan
