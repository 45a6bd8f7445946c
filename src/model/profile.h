// What a class should look like.

#pragma once

#include <string>
#include <vector>

#include "base/port.h"
#include "model/observation.h"

namespace lockstep {

/// A row of the paper's Table 1, `open_ports(port, protocol, service, host_type)`.
struct ExpectedPort {
  Port port = 0;
  Protocol protocol = Protocol::tcp;
  std::string service;  ///< what should answer; empty: not checked; at most 50 bytes

  friend auto operator<=>(const ExpectedPort&, const ExpectedPort&) = default;
};

/// The expectations of one host type: a class, or a class on a network (see host_type()).
/// Ports are unique and ascending.
struct Profile {
  std::string host_type;
  std::vector<ExpectedPort> ports;

  friend bool operator==(const Profile&, const Profile&) = default;
};

/// The longest `service` and `host_type` that Table 1 holds, in bytes.
inline constexpr std::size_t kMaxServiceBytes = 50;
inline constexpr std::size_t kMaxHostTypeBytes = 60;

}  // namespace lockstep
