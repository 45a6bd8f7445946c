#include "scan/result_table.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <bit>
#include <cerrno>
#include <new>

namespace lockstep::scan {
namespace {

constexpr unsigned shift_of(Port port) {
  return (port % 32U) * 2;
}

constexpr std::uint64_t kTwoBits = 3;

}  // namespace

static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
              "the table is shared between processes");

void Unmap::operator()(void* memory) const {
  ::munmap(memory, bytes);
}

Result<ResultTable> ResultTable::create(std::size_t targets) {
  const std::size_t counters = sizeof(RunCounters) + targets * sizeof(TargetCounters);
  const std::size_t words = targets * kWordsPerTarget;
  const std::size_t bytes = counters + words * sizeof(std::uint64_t);
  // Shared and anonymous: a sender in a process of its own inherits it by fork.
  void* const memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return std::unexpected(system_error(errno, fmt::format("result table of {} MiB", bytes >> 20)));
  }
  ResultTable table;
  table.memory_ = std::unique_ptr<void, Unmap>(memory, Unmap{bytes});
  table.size_ = targets;
  auto* const start = static_cast<std::byte*>(memory);
  table.run_ = new (start) RunCounters;
  for (std::size_t i = 0; i < targets; ++i) {
    auto* const place = start + sizeof(RunCounters) + i * sizeof(TargetCounters);
    auto* const target = new (place) TargetCounters;
    if (i == 0) table.targets_ = target;
  }
  // Fresh pages are zero, which is Answer::none; writing that would touch every page.
  table.words_ = static_cast<std::atomic<std::uint64_t>*>(static_cast<void*>(start + counters));
  return table;
}

Answer ResultTable::answer(std::size_t target, Port port) const {
  const std::uint64_t bits = word(target, port).load(std::memory_order_relaxed);
  return static_cast<Answer>((bits >> shift_of(port)) & kTwoBits);
}

std::vector<Port> ResultTable::open_ports(std::size_t target) const {
  // Of each two bits, the upper without the lower means open.
  constexpr std::uint64_t kUpper = 0xaaaaaaaaaaaaaaaa;
  static_assert(static_cast<int>(Answer::open) == 2 && static_cast<int>(Answer::unreachable) == 3);
  std::vector<Port> ports;
  for (std::size_t i = 0; i < kWordsPerTarget; ++i) {
    const std::uint64_t bits = words_[target * kWordsPerTarget + i].load(std::memory_order_relaxed);
    std::uint64_t open = bits & ~(bits << 1) & kUpper;
    for (; open != 0; open &= open - 1) {
      ports.push_back(
          static_cast<Port>(i * 32 + static_cast<unsigned>(std::countr_zero(open)) / 2));
    }
  }
  return ports;
}

bool ResultTable::record(std::size_t target, Port port, Answer answer) const {
  std::atomic<std::uint64_t>& place = word(target, port);
  std::uint64_t bits = place.load(std::memory_order_relaxed);
  const auto code = static_cast<std::uint64_t>(answer) << shift_of(port);
  do {
    if (((bits >> shift_of(port)) & kTwoBits) != 0) return false;
  } while (!place.compare_exchange_weak(bits, bits | code, std::memory_order_relaxed));
  TargetCounters& counters = targets_[target];
  if (answer == Answer::open) counters.open.fetch_add(1, std::memory_order_relaxed);
  if (answer == Answer::unreachable) counters.unreachable.fetch_add(1, std::memory_order_relaxed);
  counters.answered.fetch_add(1, std::memory_order_release);
  return true;
}

void ResultTable::record_block(std::size_t target, Port first, std::uint64_t answers) const {
  constexpr std::uint64_t kLower = 0x5555555555555555;
  std::atomic<std::uint64_t>& place = word(target, first);
  std::uint64_t before = place.load(std::memory_order_relaxed);
  std::uint64_t fresh = 0;
  do {
    const std::uint64_t taken = (before | before >> 1) & kLower;
    fresh = answers & ~(taken | taken << 1);
    if (fresh == 0) return;
  } while (!place.compare_exchange_weak(before, before | fresh, std::memory_order_relaxed));
  const std::uint64_t lower = fresh & kLower;
  const std::uint64_t upper = fresh >> 1 & kLower;
  const auto count = [](std::uint64_t bits) {
    return static_cast<std::uint32_t>(std::popcount(bits));
  };
  TargetCounters& counters = targets_[target];
  counters.open.fetch_add(count(upper & ~lower), std::memory_order_relaxed);
  counters.unreachable.fetch_add(count(upper & lower), std::memory_order_relaxed);
  counters.answered.fetch_add(count(upper | lower), std::memory_order_release);
}

}  // namespace lockstep::scan
