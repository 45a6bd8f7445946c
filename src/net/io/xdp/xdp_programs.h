// The scan's XDP programs in the kernel, and the memory that they share with us: layout.h says what
// is in it. A narrow way in: what to write there, and what it means, is the engine's business.
//
// Everything is owned by this process through descriptors, so a kill -9 detaches the receiver and
// frees the programs. Threads: load, attach and send from one thread; the shared memory belongs to
// the programs while a generator runs, and is then read and written by std::atomic_ref alone.

#pragma once

#include <memory>
#include <span>

#include "net/bytes.h"
#include "net/io/xdp/layout.h"
#include "net/route.h"

namespace lockstep::net {

class XdpPrograms {
 public:
  /// Loads the programs for at most `targets` addresses and `walkers` generators (both are at least
  /// 1 and bounded by layout.h). Takes 16 KiB an address; a hundredth of a second, and half as much
  /// again for each 1,000 addresses. Errors: `denied`, naming the rights; `unsupported` where the
  /// kernel does not take them.
  static Result<std::unique_ptr<XdpPrograms>> load(std::size_t targets, std::size_t walkers);
  ~XdpPrograms();
  XdpPrograms(const XdpPrograms&) = delete;
  XdpPrograms& operator=(const XdpPrograms&) = delete;

  std::size_t targets() const { return targets_; }
  std::size_t walkers() const { return walkers_; }
  std::size_t words_per_port() const { return words_per_port(targets_); }
  static constexpr std::size_t words_per_port(std::size_t targets) { return (targets + 31) / 32; }

  lockstep_xdp_shared& shared() { return *shared_; }
  /// The answers, port by port: 65,536 times words_per_port() words.
  std::span<std::uint64_t> answers() { return answers_.words; }
  /// targets() for each walker, one for each lane that it may have.
  std::span<lockstep_xdp_cursor> cursors() { return cursors_; }

  /// Puts the receiver on `interface`, in the driver; from then on it is where generators send.
  /// Until shared().source_port is set, the receiver lets everything pass. Errors: `unavailable`
  /// where another XDP program is there; `unsupported` where the driver cannot; `denied`.
  Result<void> attach(const Interface& interface);

  /// Sends one frame the way that generated ones take. Takes about 25 ms. Returns when it is on its
  /// way, as far as the kernel tells: a driver that cannot may drop it silently.
  Result<void> send(Bytes frame);

  /// Runs the generator in the calling thread, on the CPU it is on, with frames of `frame_bytes`,
  /// until a signal ends it. Errors: `denied`, `unavailable`.
  Result<void> generate(std::size_t frame_bytes) const;

 private:
  struct Loaded;
  struct Mapping {
    std::span<std::uint64_t> words;
    ~Mapping();
    Result<void> map(int descriptor, std::size_t bytes);
  };

  XdpPrograms(std::size_t targets, std::size_t walkers);

  std::size_t targets_;
  std::size_t walkers_;
  std::unique_ptr<Loaded> loaded_;
  lockstep_xdp_shared* shared_ = nullptr;
  Mapping answers_;
  Mapping cursor_memory_;
  std::span<lockstep_xdp_cursor> cursors_;
};

/// Whether this process may load XDP programs; `denied` with the rights that are missing, or
/// `unsupported`. Loads the programs once and lets them go.
Result<void> may_use_xdp();

}  // namespace lockstep::net
