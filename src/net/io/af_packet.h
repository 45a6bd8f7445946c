// The real link: Linux packet sockets, packet(7). Sending bypasses the queueing discipline;
// receiving is a memory-mapped ring behind a classic BPF filter. Ends of one fan-out group share
// the receiving by CPU (PACKET_FANOUT_CPU): on a virtual Ethernet pair the answer arrives on the
// CPU that sent the probe, so a pinned thread finds its own answers in its own ring.

#pragma once

#include <memory>
#include <vector>

#include "net/io/frame_io.h"
#include "net/route.h"

namespace lockstep::net {

/// Opens `count` ends of one interface, one for each sending thread, that share its incoming
/// frames. Each takes 8 MiB for its ring. Needs CAP_NET_RAW: `denied` without.
Result<std::vector<std::unique_ptr<FrameIo>>> open_af_packet(const Interface& interface,
                                                             const FrameFilter& filter,
                                                             std::size_t count);

/// Whether this process may open packet sockets; `denied` with the right that is missing.
Result<void> may_open_packet_sockets();

}  // namespace lockstep::net
