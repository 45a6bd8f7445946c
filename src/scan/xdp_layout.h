// What the engine `xdp` writes into the memory that it shares with its programs, and how it reads
// their answers out of it. Pure: the memory is handed in, so that tests need no kernel.
//
// The programs number the targets of one link from 0, in the order of XdpTargets::indices; the plan
// and the result table have numbers of their own.

#pragma once

#include <span>
#include <vector>

#include "net/io/xdp/layout.h"
#include "scan/link_targets.h"
#include "scan/walk.h"

namespace lockstep::scan {

/// The memory of one set of programs. `answers` has 65,536 times words_per_port words; `cursors`
/// has cursors_per_walker for each walker.
struct XdpMemory {
  lockstep_xdp_shared& shared;
  std::span<std::uint64_t> answers;
  std::size_t words_per_port;
  std::span<lockstep_xdp_cursor> cursors;
  std::size_t cursors_per_walker;
};

/// Bytes of a frame that has room for the longest probe among `targets`, and is longer; the
/// generator cuts it to the size of each.
std::size_t xdp_frame_bytes(std::span<const ReachableTarget> targets);

/// Writes the addresses, at most LOCKSTEP_XDP_TARGETS, with their frames and the table by which the
/// receiver finds them, forgets all answers, and sets the key. The receiver is not to be awake
/// (source_port 0). `unsupported` where the table of addresses does not come out.
Result<void> write_targets(const XdpMemory& memory, std::span<const ReachableTarget> targets,
                           const lockstep_cookie_key& key, Port source_port);

/// Writes a pass for `walkers` walkers that begin at `start`: its ports, its lanes' targets, and a
/// cursor for each lane and walker. `number_of` has the programs' number of each target of the
/// plan.
void write_pass(const XdpMemory& memory, const Pass& pass, std::span<const std::uint32_t> number_of,
                std::size_t walkers, TimePoint start);

/// Notes in `table` what the programs have got so far; `indices` has the plan's number of each of
/// theirs. Costs about a tenth of a second for a full plan that is answered for the most part.
void merge_answers(const XdpMemory& memory, std::span<const std::uint32_t> indices,
                   const ResultTable& table);

/// Tells the programs what `table` has already, so that it is not asked again. After
/// write_targets().
void load_answers(const XdpMemory& memory, std::span<const std::uint32_t> indices,
                  const ResultTable& table);

/// For each of the programs' targets, how many probes of the pass have been sent to it or skipped.
std::vector<std::uint32_t> count_asked(const XdpMemory& memory, std::size_t targets,
                                       std::size_t walkers);

/// Transposes 32 rows of 32 two-bit numbers: number c of row r becomes number r of row c.
void transpose_answers(std::span<std::uint64_t, 32> rows);

}  // namespace lockstep::scan
