// The targets of a plan by the link that leads to them, and the frames' addresses of each: what
// every engine that sends frames of its own has to know first.

#pragma once

#include <vector>

#include "net/io/links.h"
#include "scan/plan.h"
#include "scan/result_table.h"

namespace lockstep::scan {

struct RoutedTarget {
  std::uint32_t index = 0;  ///< in the plan
  net::Route route;
};

/// One usable link and the targets behind it.
struct LinkTargets {
  net::Interface interface;
  std::vector<RoutedTarget> targets;

  /// Packets a second that the plan's caps leave for them together; may be infinite.
  double rate(const Plan& plan) const;
};

/// A target whose next hop has answered.
struct ReachableTarget {
  std::uint32_t index = 0;  ///< in the plan
  net::LinkAddresses addresses;
  IpAddress next_hop;
};

/// Sorts `targets` by link. Those that no usable link leads to are marked in `table` and left out.
Result<std::vector<LinkTargets>> route_targets(net::Links& links, const Plan& plan,
                                               const ResultTable& table,
                                               const std::vector<std::uint32_t>& targets);

/// Asks for the layer 2 address of each next hop through `ends`, the ends of `link`. Targets whose
/// next hop does not answer are marked in `table` and left out; so are all that are still open when
/// the table's stop flag is set, without a mark.
Result<std::vector<ReachableTarget>> find_neighbours(
    std::span<const std::unique_ptr<net::FrameIo>> ends, const LinkTargets& link, const Plan& plan,
    const ResultTable& table);

/// Silence after the last probe is a filter only if the answers could still come in: `unavailable`
/// where the interface is down.
Result<void> check_link(net::Links& links, const net::Interface& interface);

}  // namespace lockstep::scan
