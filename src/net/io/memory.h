// A simulated network: hosts that answer a scan as real ones do, with loss, filters and lies as
// asked for, on a virtual clock. An engine's end like any other: no socket, no right, no sleep.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

#include "net/io/links.h"

namespace lockstep::net {

/// How a simulated host behaves.
struct MemoryHost {
  PortSet open{};      ///< answered by SYN-ACK
  PortSet filtered{};  ///< answered by nothing
  PortSet rejected{};  ///< answered by ICMP, communication administratively prohibited (code 13)
  double loss = 0;     ///< the share of probes that vanish, 0 to 1
  std::vector<Port> udp_open{};    ///< answered by a datagram, whatever was asked
  std::vector<Port> udp_silent{};  ///< listened on, and answered by nothing
  double most_answers = 0;         ///< to SYNs, a second, as BSD limits its resets; 0: no limit
  bool limits_icmp = true;  ///< as Linux does: 6 errors for each address, and one more a second
  bool has_neighbour_reply = true;  ///< answers ARP and neighbour solicitations
  std::uint8_t ttl = 64;            ///< of its answers to SYNs, and the window of its SYN-ACKs
  std::uint16_t window = 64240;
  bool forges = false;  ///< answers every probe by a SYN-ACK with a wrong acknowledgement as well
};

/// What a host has got.
struct MemoryTraffic {
  std::vector<TimePoint> syn_times;
  std::uint64_t resets = 0;
  std::uint64_t datagrams = 0;
  std::uint64_t suppressed = 0;  ///< datagrams to closed ports that the limit left unanswered
};

/// The hosts by address, and what reached them. Built before the ends are opened; the ends then
/// read it, each in a thread of its own, and record under a lock.
class MemoryNetwork final : public Links {
 public:
  explicit MemoryNetwork(std::uint64_t seed = 1);
  ~MemoryNetwork() override;

  void add(const IpAddress& address, const MemoryHost& host);
  /// Record the time of each SYN; off by default, since it costs memory.
  void record_times() { record_times_ = true; }
  /// All hosts together answer so many SYNs a second, and 250 at once: what lies between them and
  /// us holds no more, as a full queue. 0: no limit.
  void limit_all(double answers);

  MemoryTraffic traffic(const IpAddress& address) const;

  /// Every address is on the one link, from a source of its family. 198.19.255.0/24 and
  /// fd00::ffff:ff00/120 are the monitor's own.
  Result<std::unique_ptr<RouteTable>> routes(const std::string& interface) override;
  Result<Interface> interface(int index) override;
  Result<std::vector<std::unique_ptr<FrameIo>>> open(const Interface& interface,
                                                     const FrameFilter& filter,
                                                     std::size_t count) override;
  Result<ReservedPort> reserve_port(Protocol protocol) override;

  static constexpr MacAddress kMonitorMac{{0x02, 0, 0, 0, 0, 0x01}};

 private:
  friend class MemoryIo;
  struct State;

  std::unique_ptr<State> state_;
  bool record_times_ = false;
};

}  // namespace lockstep::net
