// What plug-in instances say of ports: another view of a node than our own look. It is kept, judged
// and ended apart from ours, and from those of other instances.

#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/port.h"
#include "base/result.h"
#include "model/observation.h"

namespace lockstep {

/// The longest text of a set of ports that an instance says it examined, in bytes.
inline constexpr std::size_t kMaxExaminedBytes = 1024;

/// An open port of an address, as an instance reports it.
struct ReportedPort {
  std::string node;
  std::string instance;
  std::string network;
  IpAddress address;
  Protocol protocol = Protocol::tcp;
  Port port = 0;
  WallTime since{};  ///< whole seconds

  friend auto operator<=>(const ReportedPort&, const ReportedPort&) = default;
};

/// That an instance covered an address, and which of its ports it says it examined: "22,80-90" as
/// PortSet::to_string() writes them; empty: it does not say.
struct ReportedLook {
  std::string node;
  std::string instance;
  std::string network;
  IpAddress address;
  std::string tcp{};
  std::string udp{};
  WallTime looked{};  ///< whole seconds

  bool declares() const { return !tcp.empty() || !udp.empty(); }

  friend auto operator<=>(const ReportedLook&, const ReportedLook&) = default;
};

/// The latest of each place.
struct PortReports {
  std::vector<ReportedLook> looks;  ///< ascending
  std::vector<ReportedPort> ports;  ///< ascending

  friend bool operator==(const PortReports&, const PortReports&) = default;
};

/// A network, as an instance sees it; no instance: as we do.
struct NetworkView {
  std::string_view network;
  std::string_view instance;
};

/// "management by listeners": the name under which findings, alerts and listeners of jobs have what
/// an instance reports. No network has it, since names of networks are without spaces.
std::string network_by(std::string_view network, std::string_view instance);
/// The inverse; views into `text`.
NetworkView network_view(std::string_view text);

/// Numbers alone: "22,80-90", "all". Names are not read: what they mean would depend on the
/// machine. Errors: `invalid`.
Result<PortSet> parse_examined_ports(std::string_view text);

}  // namespace lockstep
