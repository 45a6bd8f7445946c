#include "scan/result_table.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <bit>
#include <cerrno>

namespace lockstep::scan {
namespace {

constexpr unsigned shift_of(Port port) {
  return (port % 32U) * 2;
}

constexpr std::uint64_t kTwoBits = 3;
/// Of each two bits, the lower.
constexpr std::uint64_t kLower = 0x5555555555555555;

}  // namespace

static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
              "the table is shared between processes");

void Unmap::operator()(void* memory) const {
  ::munmap(memory, bytes);
}

std::size_t ResultTable::bytes(std::size_t targets) {
  return sizeof(RunCounters) + targets * sizeof(TargetCounters) +
         targets * kWordsPerTarget * sizeof(std::uint64_t);
}

Result<ResultTable> ResultTable::create(std::size_t targets) {
  const std::size_t size = bytes(targets);
  const auto failed = [&] {
    return std::unexpected(system_error(errno, fmt::format("result table of {} MiB", size >> 20)));
  };
  // A file that only those have who are given its descriptor. Sealed, as a page that another one
  // cut off would end whoever touches it.
  UniqueFd file(::memfd_create("lockstep-results", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(size)) != 0) return failed();
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return failed();
  }
  LOCKSTEP_TRY(ResultTable table, attach({.descriptor = file.get()}, targets));
  table.file_ = std::move(file);
  return table;
}

Result<ResultTable> ResultTable::attach(const TablePlace& place, std::size_t targets) {
  const std::size_t size = bytes(targets);
  struct stat file {};
  if (::fstat(place.descriptor, &file) != 0) {
    return std::unexpected(system_error(errno, "result table"));
  }
  if (file.st_size < 0 || static_cast<std::size_t>(file.st_size) < size ||
      static_cast<std::size_t>(file.st_size) - size < place.offset) {
    return fail(ErrorKind::invalid, "a file that is too short for its result table");
  }
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, place.descriptor,
                              static_cast<off_t>(place.offset));
  if (memory == MAP_FAILED) {
    return std::unexpected(system_error(errno, fmt::format("result table of {} MiB", size >> 20)));
  }
  ResultTable table;
  table.memory_ = std::unique_ptr<void, Unmap>(memory, Unmap{size});
  table.place_ = place;
  table.lay_out(memory, targets);
  return table;
}

ResultTable ResultTable::in(void* memory, std::size_t targets, const TablePlace& place) {
  ResultTable table;
  table.place_ = place;
  table.lay_out(memory, targets);
  table.run_->stop = false;
  for (std::size_t i = 0; i < targets; ++i) table.recount(i);
  return table;
}

/// Fresh pages are zero, which is what every counter begins with, and Answer::none; writing that
/// would touch every page.
void ResultTable::lay_out(void* memory, std::size_t targets) {
  auto* const start = static_cast<std::byte*>(memory);
  auto* const counters = start + sizeof(RunCounters);
  size_ = targets;
  run_ = static_cast<RunCounters*>(memory);
  targets_ = static_cast<TargetCounters*>(static_cast<void*>(counters));
  words_ = static_cast<std::atomic<std::uint64_t>*>(
      static_cast<void*>(counters + targets * sizeof(TargetCounters)));
}

/// A process may have ended between an answer and its count.
void ResultTable::recount(std::size_t target) {
  TargetCounters& counters = targets_[target];
  if (counters.passes == 0) return;
  counters.answered = counters.open = counters.unreachable = 0;
  for (std::size_t i = 0; i < kWordsPerTarget; ++i) {
    count(target, words_[target * kWordsPerTarget + i].load(std::memory_order_relaxed));
  }
  // What of a first pass is not answered will be asked again, and counted then.
  if (counters.passes == 1) counters.asked = counters.answered.load();
}

void ResultTable::count(std::size_t target, std::uint64_t answers) const {
  const std::uint64_t lower = answers & kLower;
  const std::uint64_t upper = answers >> 1 & kLower;
  const auto bits = [](std::uint64_t set) {
    return static_cast<std::uint32_t>(std::popcount(set));
  };
  TargetCounters& counters = targets_[target];
  counters.open.fetch_add(bits(upper & ~lower), std::memory_order_relaxed);
  counters.unreachable.fetch_add(bits(upper & lower), std::memory_order_relaxed);
  counters.answered.fetch_add(bits(upper | lower), std::memory_order_release);
}

void ResultTable::leave(std::size_t target) const {
  targets_[target].left.store(1, std::memory_order_relaxed);
  run_->leaves.fetch_add(1, std::memory_order_release);
}

std::uint64_t ResultTable::block(std::size_t target, Port first) const {
  return word(target, first).load(std::memory_order_relaxed);
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

Port ResultTable::answered_port(std::size_t target, Port from) const {
  const auto* const words = words_ + target * kWordsPerTarget;
  Port found = 0;
  for (std::size_t i = 0; i < kWordsPerTarget; ++i) {
    const std::size_t place = (from / 32 + i) % kWordsPerTarget;
    const std::uint64_t bits = words[place].load(std::memory_order_relaxed);
    if (bits == 0) continue;
    const auto port_of = [&](std::uint64_t of_lower_bits) {
      return static_cast<Port>(place * 32 +
                               static_cast<unsigned>(std::countr_zero(of_lower_bits)) / 2);
    };
    const std::uint64_t closed = bits & ~(bits >> 1) & kLower;
    if (closed != 0) return port_of(closed);
    const std::uint64_t open = (bits >> 1) & ~bits & kLower;
    if (found == 0 && open != 0) found = port_of(open);
  }
  return found;
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
  std::atomic<std::uint64_t>& place = word(target, first);
  std::uint64_t before = place.load(std::memory_order_relaxed);
  std::uint64_t fresh = 0;
  do {
    const std::uint64_t taken = (before | before >> 1) & kLower;
    fresh = answers & ~(taken | taken << 1);
    if (fresh == 0) return;
  } while (!place.compare_exchange_weak(before, before | fresh, std::memory_order_relaxed));
  count(target, fresh);
}

}  // namespace lockstep::scan
