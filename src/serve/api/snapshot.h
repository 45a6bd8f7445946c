// All nodes at a glance, small enough for a page that shows 150,000 of them: nine bytes a node
// beside the names.
//
// Numbers are little-endian:
//   "LKS1"
//   u32  how many nodes, n
//   i64  the latest event that is in it
//   i64  when it was made, seconds since 1970
//   n x u8   the worst severity that nobody deals with: 0 none, 1 informational, to 5 critical
//   n x u8   the worst that is acknowledged or silenced, likewise
//   n x u8   bits 0-1: sight (0 never, 1 partial, 2 proven); bit 2: sweeps are to examine it
//   n x u16  alerts, 65535 for so many or more
//   n x u32  when it was looked at last, seconds since 1970; 0 never
//   u32  bytes of the names
//        names, ascending, each ended by a line feed

#pragma once

#include <string>

#include "control/cluster_view.h"

namespace lockstep::serve {

std::string snapshot_of(const control::ClusterView& view);

/// The same of some nodes: indices into view.nodes, ascending.
std::string snapshot_of(const control::ClusterView& view, const std::vector<std::size_t>& nodes);

}  // namespace lockstep::serve
