#include "scan/packet_link.h"

#include "scan/address_half.h"
#include "scan/stack_signature.h"

namespace lockstep::scan {

void PacketLink::do_add(std::uint32_t index, const net::LinkAddresses& addresses) {
  if (index >= targets_.size()) targets_.resize(index + 1);
  targets_[index] = std::make_unique<PacketTarget>(
      PacketTarget{addresses, net::SynTemplate(addresses, source_port_)});
  by_address_[addresses.destination] = index;
}

std::size_t PacketLink::write(const Probe& probe, unsigned /*pass*/, net::MutableBytes room) const {
  const PacketTarget& target = *targets_[probe.target];
  return target.syn.stamp(probe.port, cookie(target.addresses, probe.port), room);
}

std::uint32_t PacketLink::cookie(const net::LinkAddresses& addresses, Port port) const {
  const IpAddress& destination = addresses.destination;
  const IpAddress& source = addresses.source;
  if (destination.is_v4()) {
    return lockstep_cookie_v4(&key_, destination.v4_number(), source.v4_number(), port,
                              source_port_);
  }
  const std::uint64_t to[2] = {half(destination, 0), half(destination, 8)};
  const std::uint64_t from[2] = {half(source, 0), half(source, 8)};
  return lockstep_cookie_v6(&key_, to, from, port, source_port_);
}

Classified PacketLink::classify(net::Bytes frame, const ResultTable& table) const {
  const net::Received received = net::parse_frame(frame);
  if (const auto* const segment = std::get_if<net::TcpSegment>(&received)) {
    return classify_segment(*segment, table);
  }
  if (const auto* const error = std::get_if<net::TcpUnreachable>(&received)) {
    return classify_unreachable(*error, table);
  }
  return {};
}

Classified PacketLink::classify_segment(const net::TcpSegment& segment,
                                        const ResultTable& table) const {
  const auto found = by_address_.find(segment.source);
  if (found == by_address_.end() || segment.destination_port != source_port_) {
    return stray(table);
  }
  const net::LinkAddresses& ours = targets_[found->second]->addresses;
  const std::uint32_t sequence = cookie(ours, segment.source_port);
  const bool rst = (segment.flags & net::TcpFlags::rst) != 0;
  const bool syn_ack = (segment.flags & (net::TcpFlags::syn | net::TcpFlags::ack)) ==
                       (net::TcpFlags::syn | net::TcpFlags::ack);
  // Some filters acknowledge what they reset without counting the SYN.
  const bool right_number =
      segment.acknowledgement == sequence + 1 || (rst && segment.acknowledgement == sequence);
  if (!right_number || segment.destination != ours.source || (!rst && !syn_ack)) {
    return stray(table);
  }
  // Before the answer is recorded: a process that ends in between is to ask again for both.
  if (table.answer(found->second, segment.source_port) == Answer::none) {
    note_stack(segment, table.target(found->second));
  }
  Classified result;
  result.news =
      table.record(found->second, segment.source_port, rst ? Answer::closed : Answer::open);
  if (!result.news) result.again = {found->second, segment.source_port};
  if (!rst) {
    result.reset = net::make_rst(ours, source_port_, segment.source_port, segment.acknowledgement);
  }
  return result;
}

Classified PacketLink::classify_unreachable(const net::TcpUnreachable& error,
                                            const ResultTable& table) const {
  const auto found = by_address_.find(error.original_destination);
  if (found == by_address_.end() || error.original_source_port != source_port_ ||
      error.original_sequence !=
          cookie(targets_[found->second]->addresses, error.original_destination_port)) {
    return stray(table);
  }
  table.target(found->second).icmp_code.store(error.code, std::memory_order_relaxed);
  const bool news =
      table.record(found->second, error.original_destination_port, Answer::unreachable);
  return {.news = news};
}

}  // namespace lockstep::scan
