// All nodes at a glance, small enough for a page that shows 150,000 of them: sixteen bytes a node
// beside the names. And what has changed of them since, in the same form.
//
// Numbers are little-endian, columns stand one after the other:
//   "LKS2"
//   u32  how many nodes, n
//   i64  the latest event that is in it
//   i64  when it was made, seconds since 1970
//   i64  the version of the view, which counts up; it starts anew with the daemon
//   u64  the epoch: as long as it is the same, indices mean the same nodes
//   u32  bit 0: only what has changed since a version
//   n x u32  which nodes these are, ascending: indices into the full list. Of changes alone
//   n x u8   the worst severity that nobody deals with: 0 none, 1 informational, to 5 critical
//   n x u8   the worst that is acknowledged or silenced, likewise
//   n x u8   bits 0-1: sight (0 never, 1 partial, 2 proven); bit 2: sweeps are to examine it
//   n x u16  alerts, 65535 for so many or more
//   n x u32  when it was looked at last, seconds since 1970; 0 never
//   n x u16  its classes   \  indices into the lists of the dictionary;
//   n x u16  its group      > 65535: the list is full
//   n x u16  its schedule  /
//   n x u8   what its alerts are about: bit 0 ports, 1 services and keys, 2 unreachable or not
//            examined, 3 values, 4 jobs, 5 others
//   u32  bytes of the dictionary
//        JSON: {"cluster":"c","classes":[["a","b"]],"groups":["","rack1"],
//        "schedules":[{"state":"idle","partitions":["debug"]}]}; state is null without a scheduler.
//        Within an epoch, entries keep their places
//   u32  bytes of the names; 0 where it has changes alone
//        names, ascending, each ended by a line feed

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "serve/api/live_view.h"

namespace lockstep::serve {

struct SnapshotWish {
  /// As the caller knows it: another one for each part of the nodes that somebody sees.
  std::uint64_t epoch = 0;
  /// Indices into the view's nodes, ascending; none: all.
  std::optional<std::vector<std::size_t>> nodes{};
  /// Only what has changed since this version; none: all of it.
  std::optional<std::int64_t> after{};
  /// Entries of the dictionary that none of these nodes has are left empty.
  bool only_own_words = false;
};

std::string snapshot_of(const LiveView& live, const SnapshotWish& wish);

}  // namespace lockstep::serve
