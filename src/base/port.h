// Ports, sets of ports, and rates.

#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace lockstep {

/// A TCP or UDP port, 0 to 65535. Port 0 is never scanned.
using Port = std::uint16_t;

enum class Protocol : std::uint8_t { tcp, udp };

/// Whether Linux gives `port` to sockets that do not ask for one, unless it is told otherwise
/// (Documentation/networking/ip-sysctl.rst, ip_local_port_range).
constexpr bool is_ephemeral(Port port) {
  return port >= 32768 && port <= 60999;
}

/// A set of ports. 8 KiB, fixed.
class PortSet {
 public:
  PortSet() = default;

  /// Every port but 0: 65,535 of them.
  static PortSet all();

  void insert(Port port) { bits_.set(port); }
  /// Inserts first to last, both included.
  void insert_range(Port first, Port last);
  void remove(const PortSet& other) { bits_ &= ~other.bits_; }
  bool contains(Port port) const { return bits_.test(port); }
  bool empty() const { return bits_.none(); }
  std::size_t size() const { return bits_.count(); }

  /// The ports in ascending order.
  std::vector<Port> to_vector() const;
  /// "22,111,8000-8010"
  std::string to_string() const;

  friend PortSet operator|(const PortSet& a, const PortSet& b) {
    PortSet result;
    result.bits_ = a.bits_ | b.bits_;
    return result;
  }
  friend PortSet operator&(const PortSet& a, const PortSet& b) {
    PortSet result;
    result.bits_ = a.bits_ & b.bits_;
    return result;
  }
  friend bool operator==(const PortSet&, const PortSet&) = default;

 private:
  std::bitset<65536> bits_;
};

/// Ports of TCP and of UDP, such as one look asks. 16 KiB.
class PortSets {
 public:
  PortSets() = default;
  /// Of TCP alone, unless `udp` is given.
  PortSets(PortSet tcp, PortSet udp = {}) : sets_{tcp, udp} {}  // NOLINT: a set is such sets

  PortSet& of(Protocol protocol) { return sets_[static_cast<std::size_t>(protocol)]; }
  const PortSet& of(Protocol protocol) const { return sets_[static_cast<std::size_t>(protocol)]; }

  bool empty() const { return sets_[0].empty() && sets_[1].empty(); }
  std::size_t size() const { return sets_[0].size() + sets_[1].size(); }

  /// "22,111,8000-8010", "22,111;udp:53", "udp:53"
  std::string to_string() const;

  friend bool operator==(const PortSets&, const PortSets&) = default;

 private:
  std::array<PortSet, 2> sets_;  // by Protocol
};

inline constexpr Protocol kProtocols[] = {Protocol::tcp, Protocol::udp};

/// Packets a second; finite and positive, or unlimited.
class PacketsPerSecond {
 public:
  constexpr explicit PacketsPerSecond(double value) : value_(value) {}
  static constexpr PacketsPerSecond unlimited() {
    return PacketsPerSecond(std::numeric_limits<double>::infinity());
  }
  constexpr double value() const { return value_; }
  constexpr bool is_unlimited() const { return value_ == std::numeric_limits<double>::infinity(); }
  friend constexpr auto operator<=>(const PacketsPerSecond&, const PacketsPerSecond&) = default;

 private:
  double value_;
};

}  // namespace lockstep
