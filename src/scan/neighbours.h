// Layer 2 addresses of many next hops at once, by requests of our own.

#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <span>

#include "base/ip_address.h"
#include "net/io/frame_io.h"

namespace lockstep::scan {

/// The next hops to ask for, each with the source address to ask from.
using NeighbourRequests = std::map<IpAddress, IpAddress>;

/// Asks for each address up to three times, at most `per_second` requests in a second, and returns
/// what answered. Ends early when all have, or when `stop` is set. `ends` are all ends of the link,
/// one at least: the first sends, and an answer may arrive at any.
Result<std::map<IpAddress, net::MacAddress>> resolve_neighbours(
    std::span<const std::unique_ptr<net::FrameIo>> ends, const net::MacAddress& source_mac,
    const NeighbourRequests& requests, double per_second, const std::atomic<bool>& stop);

}  // namespace lockstep::scan
