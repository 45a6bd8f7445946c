// What an engine is asked to do: one shard of a sweep, by value.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/port.h"
#include "scan/cookie.h"

namespace lockstep::scan {

/// The most addresses that one plan may hold: 64 MiB of result table.
inline constexpr std::size_t kMaxTargets = 4096;

struct PlanTarget {
  IpAddress address;
  /// Of the address: its node's cap divided by the node's addresses in the plan.
  PacketsPerSecond rate = PacketsPerSecond::unlimited();
  /// Index into Plan::group_rates, or kNoGroup.
  std::uint32_t group = kNoGroup;
  /// What it is asked: `count` of the plan's ports, from index `first` on; kAllPorts: all of them.
  std::uint32_t first = 0;
  std::uint32_t count = kAllPorts;

  static constexpr std::uint32_t kAllPorts = 0xffffffff;
  static constexpr std::uint32_t kNoGroup = 0xffffffff;
};

/// The addresses that may be probed: inside an allowed prefix and in no excluded range, and never
/// an IPv4 address in the clothes of IPv6. The fence stands in every engine, right before the wire.
class Fence {
 public:
  Fence() = default;
  Fence(std::vector<Prefix> allow, std::vector<IpRange> exclude)
      : allow_(std::move(allow)), exclude_(std::move(exclude)) {}

  bool permits(const IpAddress& address) const;

  const std::vector<Prefix>& allowed() const { return allow_; }
  const std::vector<IpRange>& excluded() const { return exclude_; }

 private:
  std::vector<Prefix> allow_;
  std::vector<IpRange> exclude_;
};

/// How many ICMP errors a host sends to one address: a bucket that is full at first. A datagram
/// that goes out while it is empty asks for nothing. Linux: 6, and one a second
/// (Documentation/networking/ip-sysctl.rst, icmp_ratelimit; net/ipv4/icmp.c).
struct IcmpLimit {
  unsigned burst = 6;     ///< at least 1
  double per_second = 1;  ///< finite, above 0
};

struct Plan {
  Protocol protocol = Protocol::tcp;
  std::vector<PlanTarget> targets;  ///< at most kMaxTargets, each address once
  std::vector<Port> ports;          ///< each once, none 0
  Fence fence;
  /// Of all targets together. No rate of a plan may be below 0.01.
  PacketsPerSecond rate = PacketsPerSecond::unlimited();
  std::vector<PacketsPerSecond> group_rates;
  /// How often a port is asked that stays silent on an address that loses nothing else.
  unsigned tries = 3;
  /// How often at most, while loss may still be why a port is silent. To tell that from a filter
  /// takes 2 tries at least.
  unsigned max_tries = 32;
  /// A pass ends when no answer has come for this long after its last probe.
  std::chrono::nanoseconds quiet_time = std::chrono::milliseconds(150);
  std::uint64_t seed = 0;     ///< of the order of ports and addresses
  lockstep_cookie_key key{};  ///< secret; new for each sweep
  std::string interface;      ///< empty: by the routing table
  /// UDP alone: our addresses to ask from, in turn, since hosts limit ICMP errors for each; of a
  /// family without one, what the routing table says. Each is one of this machine's.
  std::vector<IpAddress> sources{};
  /// UDP alone; none: the hosts have no limit.
  std::optional<IcmpLimit> icmp_limit = IcmpLimit{};
  unsigned threads = 0;  ///< at most 256; 0: one for each CPU that the rate needs

  /// The ports that a target is asked.
  std::span<const Port> ports_of(const PlanTarget& target) const {
    const std::span<const Port> all(ports);
    return target.count == PlanTarget::kAllPorts ? all : all.subspan(target.first, target.count);
  }
  std::span<const Port> ports_of(std::size_t target) const { return ports_of(targets[target]); }
  /// Some target is asked less than all ports.
  bool has_shares() const;
};

}  // namespace lockstep::scan
