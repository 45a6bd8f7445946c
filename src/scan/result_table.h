// What an engine writes: two bits a probe, a few counters an address, in memory that can be shared
// with another process. Nothing is called back.
//
// Size: 16 KiB + 64 bytes an address. Pages that no answer touches cost nothing.
// Threads: every method may be called from any thread; counters are exact once the engine is done.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/port.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace lockstep::scan {

/// What is known of one probe. The numbers are the two bits of the table.
enum class Answer : std::uint8_t { none = 0, closed = 1, open = 2, unreachable = 3 };

/// Why an address was left alone, or not.
enum class TargetStatus : std::uint32_t {
  waiting,       ///< not begun
  asked,         ///< probes went out
  fenced,        ///< the fence does not permit it; nothing went out
  no_route,      ///< the routing table does not lead there
  no_neighbour,  ///< the next hop does not answer ARP or neighbour solicitation
  unsupported,   ///< not by this engine (this machine's own address, an interface without Ethernet)
};

/// Counters of one address, on a cache line of their own.
struct alignas(64) TargetCounters {
  std::atomic<std::uint32_t> asked{0};     ///< ports probed at least once
  std::atomic<std::uint32_t> answered{0};  ///< ports that answered, at most `asked` in the end
  std::atomic<std::uint32_t> open{0};
  std::atomic<std::uint32_t> unreachable{0};  ///< answered by ICMP
  std::atomic<std::uint32_t> passes{0};
  std::atomic<TargetStatus> status{TargetStatus::waiting};
  std::atomic<std::uint32_t> icmp_code{0};  ///< of the latest ICMP error
  /// Ports that may be closed, though nothing came: when the asking ended, the latest pass had
  /// still brought ICMP errors, so that a limit of the host may have suppressed theirs. UDP alone.
  std::atomic<std::uint32_t> suppressed{0};
  // What decides about further passes (passes.h): answers of its own after the first pass, and at
  // the start of the latest one.
  std::atomic<std::uint32_t> answered_first{0};
  std::atomic<std::uint32_t> answered_before{0};
  // How its TCP stack answers, in the words of stack_words.h; 0: not seen.
  std::atomic<std::uint32_t> rst{0};
  /// Not 0: leave() was called for it. It stays so for the table's life, in a file too.
  std::atomic<std::uint32_t> left{0};
  std::atomic<std::uint64_t> syn_ack{0};
};
static_assert(sizeof(TargetCounters) == 64);

/// Counters of the whole run, and the switch that ends it.
struct alignas(64) RunCounters {
  std::atomic<bool> stop{false};            ///< set by anybody: no probe goes out afterwards
  std::atomic<std::uint32_t> pass{0};       ///< 1 is the first
  std::atomic<std::uint64_t> probes{0};     ///< SYNs sent, repeated ones included
  std::atomic<std::uint64_t> planned{0};    ///< probes of this pass, an upper bound
  std::atomic<std::uint64_t> pass_sent{0};  ///< probes of this pass so far
  std::atomic<std::uint64_t> stray{0};      ///< answers that carried no cookie of ours
  std::atomic<std::uint64_t> dropped{0};    ///< frames lost in our own receive ring
  std::atomic<std::uint32_t> leaves{0};     ///< changes when an address is to be left
};

/// Gives mapped memory back.
struct Unmap {
  std::size_t bytes = 0;
  void operator()(void* memory) const;
};

/// Where a table's memory is, for another process.
struct TablePlace {
  int descriptor = -1;     ///< of a file; the table's, or whoever's that made it
  std::size_t offset = 0;  ///< in it, of whole pages
};

class ResultTable {
 public:
  static Result<ResultTable> create(std::size_t targets);
  /// The table of another process, as it stands. Errors: `invalid` where the file is too short.
  static Result<ResultTable> attach(const TablePlace& place, std::size_t targets);
  /// In `memory`, which outlives it, aligned for a cache line, of bytes(targets) bytes: all zero,
  /// or as an earlier table has left them. That one's counters are made to agree with its answers,
  /// its stop flag is cleared. `place` is where that memory is, if it is anywhere.
  static ResultTable in(void* memory, std::size_t targets, const TablePlace& place = {});
  static std::size_t bytes(std::size_t targets);
  ResultTable(ResultTable&&) noexcept = default;
  ResultTable& operator=(ResultTable&&) noexcept = default;

  std::size_t size() const { return size_; }
  const TablePlace& place() const { return place_; }
  RunCounters& run() const { return *run_; }
  TargetCounters& target(std::size_t index) const { return targets_[index]; }

  Answer answer(std::size_t target, Port port) const;
  /// The ports that are open so far, ascending. Quick where there are few.
  std::vector<Port> open_ports(std::size_t target) const;
  /// A port that answered as closed, or else as open: the first from `from` on, cyclically; 0:
  /// none.
  Port answered_port(std::size_t target, Port from) const;
  /// From now on no engine sends a probe to it; what was found stays. From any thread or process
  /// that has the table, before or while an engine runs.
  void leave(std::size_t target) const;
  bool is_left(std::size_t target) const {
    return targets_[target].left.load(std::memory_order_relaxed) != 0;
  }
  /// Notes the first answer of a probe; later ones change nothing. True if it was the first.
  bool record(std::size_t target, Port port, Answer answer) const;
  /// The same for the 32 ports from `first` on, a multiple of 32: two bits each in `answers`, those
  /// of the lowest port lowest.
  void record_block(std::size_t target, Port first, std::uint64_t answers) const;
  /// What is known of the 32 ports from `first` on, in the same form.
  std::uint64_t block(std::size_t target, Port first) const;

 private:
  static constexpr std::size_t kWordsPerTarget = 65536 / 32;

  std::atomic<std::uint64_t>& word(std::size_t target, Port port) const {
    return words_[target * kWordsPerTarget + port / 32];
  }

  ResultTable() = default;

  void lay_out(void* memory, std::size_t targets);
  void recount(std::size_t target);
  void count(std::size_t target, std::uint64_t answers) const;

  std::unique_ptr<void, Unmap> memory_;
  UniqueFd file_;  // of its own memory
  TablePlace place_;
  std::size_t size_ = 0;
  RunCounters* run_ = nullptr;
  TargetCounters* targets_ = nullptr;
  std::atomic<std::uint64_t>* words_ = nullptr;
};

}  // namespace lockstep::scan
