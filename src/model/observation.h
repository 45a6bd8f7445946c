// What was seen: the state of ports, and how far the look reached.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/port.h"
#include "model/stack_signature.h"

namespace lockstep {

/// nmap's words. A port that was not examined has no state; see Coverage.
enum class PortState : std::uint8_t { open, closed, filtered, open_filtered };

/// Why a port is held to be in its state.
enum class Evidence : std::uint8_t {
  no_reply,          ///< asked as often as the sweep allows, and nothing came
  syn_ack,           ///< also a completed connection of the engine `connect`
  rst,               ///< also a refused connection of the engine `connect`
  icmp_unreachable,  ///< RFC 792 type 3, RFC 4443 type 1
  udp_reply,         ///< a datagram that answers ours
};

std::string_view to_string(Protocol protocol);
std::string_view to_string(PortState state);
std::string_view to_string(Evidence evidence);

using WallTime = std::chrono::system_clock::time_point;

/// One port of one address, seen at one time. A collector reports the ports that are open or
/// filtered; closed ones stand in the counts of Coverage.
struct PortObservation {
  std::string node;
  IpAddress address;
  std::string network;
  Protocol protocol = Protocol::tcp;
  Port port = 0;
  PortState state = PortState::open;
  Evidence evidence = Evidence::syn_ack;

  friend auto operator<=>(const PortObservation&, const PortObservation&) = default;
};

/// Why an address was not examined, or not all of it.
enum class CoverageGap : std::uint8_t {
  none,           ///< each port asked, and each answered
  unanswered,     ///< asked as often as allowed; the rest is silent
  unreachable,    ///< no answer at all: no route, no neighbour, or a silent host
  not_resolved,   ///< its name has no address
  outside_fence,  ///< the fence or the exclude list forbids it
  unsupported,    ///< the engine cannot ask it (see Coverage::note)
  interrupted,    ///< the sweep was stopped
  left,           ///< a job began, and the node was left alone
  inconclusive,   ///< datagrams without an answer, and nothing that tells why
};

std::string_view to_string(CoverageGap gap);

/// What was really examined of one address with one protocol. asked == answered + unanswered.
struct Coverage {
  std::string node;
  IpAddress address;
  std::string network;
  Protocol protocol = Protocol::tcp;
  std::uint32_t wanted = 0;      ///< ports of the request
  std::uint32_t asked = 0;       ///< ports that got a probe at least once
  std::uint32_t answered = 0;    ///< ports that answered, ICMP included
  std::uint32_t unanswered = 0;  ///< ports asked that never did
  std::uint32_t open = 0;
  std::uint32_t closed = 0;
  std::uint32_t passes = 0;  ///< rounds over the unanswered ports of this address
  CoverageGap gap = CoverageGap::none;
  std::string note;        ///< what a person should know about the gap; may be empty
  StackSignature stack{};  ///< of TCP alone, where the collector can see it

  /// Every port wanted was asked and answered.
  bool complete() const { return gap == CoverageGap::none && answered == wanted; }
  /// The state of every port wanted is known: answered, or silent after the last try on an
  /// address that did answer elsewhere.
  bool examined() const {
    return asked == wanted && (gap == CoverageGap::none || gap == CoverageGap::unanswered);
  }
};

}  // namespace lockstep
