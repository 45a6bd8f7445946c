#include "scan/xdp_layout.h"

#include <algorithm>
#include <atomic>
#include <limits>

#include "scan/address_half.h"
#include "scan/stack_signature.h"

namespace lockstep::scan {
namespace {

constexpr std::size_t kPortsPerBlock = 32;

static_assert(sizeof(lockstep_xdp_target) == 128, "whole cache lines");

void write_address(const IpAddress& address, __u64 (&words)[2]) {
  words[0] = address.is_v4() ? address.v4_number() : half(address, 0);
  words[1] = address.is_v4() ? 0 : half(address, 8);
}

lockstep_xdp_target make_target(const net::LinkAddresses& addresses, Port source_port) {
  lockstep_xdp_target target{};
  write_address(addresses.destination, target.destination);
  write_address(addresses.source, target.source);
  target.v6 = addresses.destination.is_v6();
  net::Frame frame;
  frame.size = net::SynTemplate(addresses, source_port).stamp(0, 0, frame.data);
  std::memcpy(target.frame, frame.data.data(), frame.size);
  // With port and sequence 0, the checksum is the complement of the sum of all else.
  const std::size_t tcp = frame.size - (target.v6 ? 78 - 54 : 58 - 34);
  net::Reader checksum(frame.bytes().subspan(tcp + 16));
  target.sum = static_cast<std::uint16_t>(~checksum.u16());
  return target;
}

/// Puts the targets into the table by `multiplier`; false where one would be too far from its slot.
bool place(lockstep_xdp_shared& shared, std::size_t count, std::uint64_t multiplier) {
  std::ranges::fill(shared.slots, std::uint16_t{0});
  shared.slot_multiplier = multiplier;
  for (std::size_t i = 0; i < count; ++i) {
    const lockstep_xdp_target& target = shared.target[i];
    const std::uint32_t first =
        lockstep_xdp_slot(multiplier, target.destination[0], target.destination[1]);
    std::uint32_t step = 0;
    const auto slot = [&] { return (first + step) % LOCKSTEP_XDP_SLOTS; };
    while (step < LOCKSTEP_XDP_STEPS && shared.slots[slot()] != 0) ++step;
    if (step == LOCKSTEP_XDP_STEPS) return false;
    shared.slots[slot()] = static_cast<std::uint16_t>(i + 1);
  }
  return true;
}

Result<void> place_all(lockstep_xdp_shared& shared, std::size_t count) {
  // Odd multiples of the golden ratio's; the first one does it for addresses that follow one
  // another, and a random set fails with one multiplier in ten or so.
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;
  for (std::uint64_t i = 0; i < 256; ++i) {
    if (place(shared, count, kGolden * (2 * i + 1))) return {};
  }
  return fail(ErrorKind::unsupported, "no table of these addresses for XDP; use engine packet");
}

/// The least of the caps of a lane's addresses themselves.
}  // namespace

std::size_t xdp_frame_bytes(std::span<const ReachableTarget> targets) {
  const bool v6 = std::ranges::any_of(
      targets, [](const ReachableTarget& t) { return t.addresses.destination.is_v6(); });
  return LOCKSTEP_XDP_SLACK + (v6 ? LOCKSTEP_XDP_FRAME_V6 : LOCKSTEP_XDP_FRAME_V4);
}

Result<void> write_targets(const XdpMemory& memory, std::span<const ReachableTarget> targets,
                           const lockstep_cookie_key& key, Port source_port) {
  lockstep_xdp_shared& shared = memory.shared;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    shared.target[i] = make_target(targets[i].addresses, source_port);
  }
  LOCKSTEP_CHECK(place_all(shared, targets.size()));
  std::ranges::fill(memory.answers, 0);
  std::ranges::fill(shared.left, std::uint8_t{0});
  std::ranges::fill(shared.counters, lockstep_xdp_counters{});
  shared.targets = static_cast<std::uint32_t>(targets.size());
  shared.key[0] = key.k0;
  shared.key[1] = key.k1;
  // Last: it wakes the receiver.
  std::atomic_ref(shared.source_port).store(source_port, std::memory_order_release);
  return {};
}

void write_pass(const XdpMemory& memory, const Pass& pass, std::span<const std::uint32_t> number_of,
                std::size_t walkers, TimePoint start) {
  lockstep_xdp_shared& shared = memory.shared;
  std::ranges::copy(pass.ports, shared.ports);
  const auto count = static_cast<std::uint32_t>(walkers);
  for (std::uint32_t i = 0; i < count; ++i) {
    lockstep_xdp_walker walker{};
    walker.slice = i;
    walker.slices = count;
    walker.lanes = static_cast<std::uint32_t>(pass.lanes.size());
    walker.done = pass.lanes.empty();
    shared.walkers[i] = walker;
  }
  std::uint32_t first = 0;
  for (std::size_t lane = 0; lane < pass.lanes.size(); ++lane) {
    const Lane& of = pass.lanes[lane];
    const auto size = static_cast<std::uint32_t>(of.targets.size());
    const auto order = std::span(shared.order).subspan(first, size);
    for (std::uint32_t i = 0; i < size; ++i) order[i] = number_of[of.targets[i]];
    std::ranges::sort(order);
    const auto period = static_cast<std::uint64_t>(of.period.count());
    for (std::uint32_t i = 0; i < count; ++i) {
      lockstep_xdp_cursor cursor{};
      cursor.first = first;
      cursor.size = size;
      cursor.ports = static_cast<std::uint32_t>(of.ports);
      cursor.port = i;
      cursor.period_ns = period;
      cursor.lag_ns = static_cast<std::uint64_t>(of.lag.count());
      cursor.start_ns = static_cast<std::uint64_t>((start + of.offset).time_since_epoch().count());
      cursor.due_ns = cursor.start_ns + i * period;
      // A lane with fewer rounds than walkers leaves some of them nothing to do in it.
      if (cursor.port >= cursor.ports) ++shared.walkers[i].finished;
      memory.cursors[i * memory.cursors_per_walker + lane] = cursor;
    }
    first += size;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    lockstep_xdp_walker& walker = shared.walkers[i];
    if (walker.finished == walker.lanes) walker.done = 1;
  }
}

void transpose_answers(std::span<std::uint64_t, 32> rows) {
  // Swaps ever smaller squares across the diagonal (Warren, Hacker's Delight, section 7-3).
  std::uint64_t mask = 0x00000000ffffffff;
  for (unsigned size = 16; size > 0; size /= 2) {
    for (unsigned row = 0; row < 32; row = ((row | size) + 1) & ~size) {
      const std::uint64_t swapped = ((rows[row] >> (2 * size)) ^ rows[row | size]) & mask;
      rows[row] ^= swapped << (2 * size);
      rows[row | size] ^= swapped;
    }
    mask ^= mask << size;
  }
}

void merge_answers(const XdpMemory& memory, std::span<const std::uint32_t> indices,
                   const ResultTable& table) {
  std::array<std::uint64_t, kPortsPerBlock> block;
  for (std::size_t port = 0; port < LOCKSTEP_XDP_PORTS; port += kPortsPerBlock) {
    for (std::size_t first = 0; first < indices.size(); first += 32) {
      std::uint64_t any = 0;
      for (std::size_t i = 0; i < kPortsPerBlock; ++i) {
        std::uint64_t& word = memory.answers[(port + i) * memory.words_per_port + first / 32];
        block[i] = std::atomic_ref(word).load(std::memory_order_relaxed);
        any |= block[i];
      }
      if (any == 0) continue;
      transpose_answers(block);
      const std::size_t last = std::min(first + 32, indices.size());
      for (std::size_t i = first; i < last; ++i) {
        if (block[i - first] == 0) continue;
        table.record_block(indices[i], static_cast<Port>(port), block[i - first]);
      }
    }
  }
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const std::atomic_ref code(memory.shared.target[i].icmp_code);
    TargetCounters& counters = table.target(indices[i]);
    if (const auto value = code.load(std::memory_order_relaxed); value != 0) {
      counters.icmp_code.store(value, std::memory_order_relaxed);
    }
    const std::atomic_ref syn_ack(memory.shared.target[i].syn_ack);
    if (const auto word = syn_ack.load(std::memory_order_relaxed); word != 0) {
      keep_stack_word(counters.syn_ack, word);
    }
    const std::atomic_ref rst(memory.shared.target[i].rst);
    if (const auto word = rst.load(std::memory_order_relaxed); word != 0) {
      keep_stack_word(counters.rst, word);
    }
  }
}

void load_answers(const XdpMemory& memory, std::span<const std::uint32_t> indices,
                  const ResultTable& table) {
  std::array<std::uint64_t, kPortsPerBlock> block;
  for (std::size_t first = 0; first < indices.size(); first += 32) {
    const std::size_t last = std::min(first + 32, indices.size());
    for (std::size_t port = 0; port < LOCKSTEP_XDP_PORTS; port += kPortsPerBlock) {
      block.fill(0);
      std::uint64_t any = 0;
      for (std::size_t i = first; i < last; ++i) {
        block[i - first] = table.block(indices[i], static_cast<Port>(port));
        any |= block[i - first];
      }
      if (any == 0) continue;
      transpose_answers(block);
      for (std::size_t i = 0; i < kPortsPerBlock; ++i) {
        memory.answers[(port + i) * memory.words_per_port + first / 32] = block[i];
      }
    }
  }
}

std::vector<std::uint32_t> count_asked(const XdpMemory& memory, std::size_t targets,
                                       std::size_t walkers) {
  std::vector<std::uint32_t> asked(targets);
  for (std::size_t i = 0; i < walkers; ++i) {
    const lockstep_xdp_walker& walker = memory.shared.walkers[i];
    for (std::size_t lane = 0; lane < walker.lanes; ++lane) {
      lockstep_xdp_cursor& cursor = memory.cursors[i * memory.cursors_per_walker + lane];
      const auto read = [](std::uint32_t& value) {
        return std::atomic_ref(value).load(std::memory_order_relaxed);
      };
      const std::uint32_t rounds = (read(cursor.port) - walker.slice) / walker.slices;
      const std::uint32_t position = read(cursor.position);
      for (std::uint32_t k = 0; k < cursor.size; ++k) {
        asked[memory.shared.order[cursor.first + k]] += rounds + (k < position ? 1 : 0);
      }
    }
  }
  return asked;
}

}  // namespace lockstep::scan
