#include "scan/udp_link.h"

#include <algorithm>
#include <array>

#include "scan/address_half.h"
#include "scan/udp_payloads.h"

namespace lockstep::scan {
namespace {

/// What an ICMP error quotes. Not the bits that pick the port, nor those of the payload's
/// identifier first.
std::uint16_t tag_of(std::uint64_t cookie) {
  return static_cast<std::uint16_t>(cookie >> 48);
}

/// A flood of forged answers should cost no more memory than that.
constexpr std::size_t kMostUnverified = 1 << 20;

}  // namespace

UdpLink::UdpLink(net::Interface interface, UdpSourcePorts ports,
                 const std::vector<IpAddress>& sources, const lockstep_cookie_key& key)
    : ProbeLink(std::move(interface)), ports_(std::move(ports)), key_(key) {
  for (const auto& [asked, ours] : ports_.for_moving) moving_[ours] = asked;
  for (const IpAddress& source : sources) {
    (source.is_v4() ? sources_v4_ : sources_v6_).push_back(source);
  }
}

net::FrameFilter UdpLink::filter() const {
  net::FrameFilter filter{.protocol = Protocol::udp, .ports = ports_.usual};
  for (const auto& [asked, ours] : ports_.for_moving) filter.ports.push_back(ours);
  return filter;
}

void UdpLink::do_add(std::uint32_t index, const net::LinkAddresses& addresses) {
  if (index >= targets_.size()) targets_.resize(index + 1);
  targets_[index] = addresses;
  by_address_[addresses.destination] = index;
}

std::uint64_t UdpLink::cookie(const IpAddress& target, const IpAddress& source, Port port) const {
  const std::uint64_t words[5] = {half(target, 0), half(target, 8), half(source, 0),
                                  half(source, 8), port};
  return lockstep_siphash_words(&key_, words, 5);
}

Port UdpLink::source_port(std::uint64_t cookie, Port port) const {
  const auto moving = ports_.for_moving.find(port);
  if (moving != ports_.for_moving.end()) return moving->second;
  return ports_.usual[(cookie >> 32) % ports_.usual.size()];
}

std::size_t UdpLink::write(const Probe& probe, unsigned pass, net::MutableBytes room) const {
  net::LinkAddresses addresses = targets_[probe.target];
  const auto& sources = addresses.destination.is_v4() ? sources_v4_ : sources_v6_;
  if (!sources.empty()) addresses.source = sources[probe.round % sources.size()];
  const std::uint64_t bits = cookie(addresses.destination, addresses.source, probe.port);
  const auto payloads = udp_payloads(probe.port);
  const UdpPayload& payload = payloads[(pass - 1) % payloads.size()];
  std::array<std::byte, net::kMaxDatagramPayload> bytes;
  const auto used = std::span(bytes).first(payload.bytes.size());
  stamp(payload, bits, used);
  return net::write_datagram(room, addresses,
                             {.source_port = source_port(bits, probe.port),
                              .destination_port = probe.port,
                              .tag = tag_of(bits)},
                             used);
}

Classified UdpLink::classify(net::Bytes frame, const ResultTable& table) const {
  const net::Received received = net::parse_frame(frame);
  if (const auto* const datagram = std::get_if<net::UdpDatagram>(&received)) {
    return classify_datagram(*datagram, table);
  }
  if (const auto* const error = std::get_if<net::UdpUnreachable>(&received)) {
    return classify_unreachable(*error, table);
  }
  return {};
}

bool UdpLink::is_ours(const IpAddress& address, const net::LinkAddresses& target) const {
  const auto& sources = address.is_v4() ? sources_v4_ : sources_v6_;
  if (sources.empty()) return address == target.source;
  return std::ranges::find(sources, address) != sources.end();
}

Classified UdpLink::classify_datagram(const net::UdpDatagram& datagram,
                                      const ResultTable& table) const {
  const auto found = by_address_.find(datagram.source);
  if (found == by_address_.end() || !is_ours(datagram.destination, targets_[found->second])) {
    return stray(table);
  }
  const auto moving = moving_.find(datagram.destination_port);
  const Port port = moving == moving_.end() ? datagram.source_port : moving->second;
  const std::uint64_t bits = cookie(datagram.source, datagram.destination, port);
  const Place place{found->second, port};
  if (source_port(bits, port) != datagram.destination_port) {
    const std::scoped_lock lock(mutex_);
    if (forged_.size() < kMostUnverified) forged_.insert(place);
    return stray(table);
  }
  // Which of the payloads it answers does not matter: all of them carry the same cookie.
  const bool echoes = std::ranges::any_of(udp_payloads(port), [&](const UdpPayload& payload) {
    return match(payload, bits, datagram.payload) == UdpMatch::answer;
  });
  if (echoes) return {.news = table.record(found->second, port, Answer::open)};
  const std::scoped_lock lock(mutex_);
  if (unverified_.size() < kMostUnverified) unverified_.insert(place);
  return {};
}

void UdpLink::settle(const ResultTable& table) const {
  const std::scoped_lock lock(mutex_);
  for (const Place& place : unverified_) {
    if (forged_.contains(place)) {
      stray(table);
    } else {
      table.record(place.first, place.second, Answer::open);
    }
  }
  unverified_.clear();
}

Classified UdpLink::classify_unreachable(const net::UdpUnreachable& error,
                                         const ResultTable& table) const {
  const auto found = by_address_.find(error.original_destination);
  if (found == by_address_.end() || !is_ours(error.original_source, targets_[found->second])) {
    return stray(table);
  }
  const Port port = error.original_destination_port;
  const std::uint64_t bits = cookie(error.original_destination, error.original_source, port);
  if (error.original_source_port != source_port(bits, port) || error.original_tag != tag_of(bits)) {
    return stray(table);
  }
  // Only the host itself can say that nobody listens on it.
  const bool closed = error.port_unreachable && error.reporter == error.original_destination;
  if (!closed) {
    table.target(found->second).icmp_code.store(error.code, std::memory_order_relaxed);
  }
  return {.news = table.record(found->second, port, closed ? Answer::closed : Answer::unreachable)};
}

}  // namespace lockstep::scan
