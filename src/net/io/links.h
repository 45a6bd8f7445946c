// Where an engine gets its links from: the kernel, or a simulated network.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "net/io/frame_io.h"
#include "net/route.h"

namespace lockstep::net {

/// A port that no program of this machine will use while the object lives: answers to our probes
/// reach no one else. The kernel resets TCP connections that we do not, and says nothing about
/// datagrams.
struct ReservedPort {
  Port port = 0;
  UniqueFd holder;  ///< a bound socket that neither listens nor connects, and keeps no datagram
};

class Links {
 public:
  virtual ~Links() = default;

  /// Routes, through `interface` only where it is not empty.
  virtual Result<std::unique_ptr<RouteTable>> routes(const std::string& interface) = 0;
  virtual Result<Interface> interface(int index) = 0;
  /// `count` ends of one interface that share what arrives.
  virtual Result<std::vector<std::unique_ptr<FrameIo>>> open(const Interface& interface,
                                                             const FrameFilter& filter,
                                                             std::size_t count) = 0;
  virtual Result<ReservedPort> reserve_port(Protocol protocol) = 0;
};

/// The links of this machine: packet sockets and the kernel's routing table. Needs CAP_NET_RAW.
class KernelLinks final : public Links {
 public:
  Result<std::unique_ptr<RouteTable>> routes(const std::string& interface) override;
  Result<Interface> interface(int index) override;
  Result<std::vector<std::unique_ptr<FrameIo>>> open(const Interface& interface,
                                                     const FrameFilter& filter,
                                                     std::size_t count) override;
  Result<ReservedPort> reserve_port(Protocol protocol) override;
};

}  // namespace lockstep::net
