// One end of an Ethernet link: frames out, frames in, and the clock that goes with them. The
// scan's packet engine works on this interface alone, so that a simulated network (memory.h), a
// recorded one (pcap_file.h) and a real one (af_packet.h) are engines of equal standing.
//
// Threads: an object belongs to one thread at a time.

#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "net/frame.h"

namespace lockstep::net {

using TimePoint = std::chrono::steady_clock::time_point;

class FrameIo {
 public:
  virtual ~FrameIo() = default;

  /// Sends the frames in order. Returns how many went out: fewer where the interface is full for
  /// the moment (send the rest again after a wait). Errors: `unavailable` where the link is down,
  /// `denied` where the right is gone.
  virtual Result<std::size_t> send(std::span<const Bytes> frames) = 0;

  /// The frames that have arrived, at most a few hundred at a time, oldest first; empty where there
  /// are none. The views are valid until the next call of receive(). Frames may be cut off after
  /// their headers, and frames that we sent do not appear.
  virtual std::span<const Bytes> receive() = 0;

  /// Returns when a frame has arrived or at `deadline`, whichever comes first.
  virtual void wait_until(TimePoint deadline) = 0;

  /// The clock of this link: steady, and virtual where the network is.
  virtual TimePoint now() const = 0;

  /// Frames that arrived and were lost for want of room, so far.
  virtual std::uint64_t receive_drops() const { return 0; }
};

/// What an end lets through to receive(): answers to the scan, and nothing else. ICMP errors, ARP
/// and NDP replies always pass.
struct FrameFilter {
  Protocol protocol = Protocol::tcp;
  std::vector<Port> ports;  ///< ours; what comes to one of them passes; not empty
};

}  // namespace lockstep::net
