// libpcp makes its own connections, and waits by itself. In a process that may not connect it gets
// the connection that somebody else has made: the program that links this file defines socket(),
// connect(), select(), recv(), close(), setsockopt() and fcntl(), and the dynamic linker gives them
// to libpcp instead of libc's (decision 21). They do for the calling thread what an Exchange says,
// and fail without one.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lockstep::pcp {

/// While it lives, the calling thread may talk, and what libpcp closes stays open: the descriptor
/// is its owner's. libpcp keeps tables by descriptor, and a number must not be another connection's
/// while it still forgets this one. One a thread at a time.
class Exchange {
 public:
  /// `connected` is what the next socket() returns, once, and connect() then succeeds; -1: no
  /// connection can be made. It stays the caller's. Nothing is waited for after `end`, and after
  /// `most_bytes` were received the connection is as if it were broken.
  Exchange(int connected, std::chrono::steady_clock::time_point end, std::size_t most_bytes);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Received bytes are PDUs; one whose header says that it is shorter than that, or longer than
  /// this, is as if the connection were broken. libpcp takes the length for the size of all buffers
  /// from then on, for all connections.
  static constexpr std::size_t kMostPduBytes = std::size_t{512} << 10;

  bool was_late() const { return late_; }
  bool had_too_much() const { return too_much_ && !wrong_; }
  bool had_wrong_length() const { return wrong_; }

  // For the functions that libpcp calls.
  static Exchange* current();
  int give_away();
  /// As poll(2) of one descriptor.
  int wait(int descriptor, short events, std::chrono::milliseconds most);
  /// As recv(2).
  long receive(int descriptor, void* buffer, std::size_t size, int flags);

 private:
  int connected_;
  std::chrono::steady_clock::time_point end_;
  /// That `bytes`, which continue what was received, have a PDU of a wrong length.
  bool is_wrong(std::span<const std::byte> bytes);

  std::size_t room_;
  std::size_t body_left_ = 0;    // of the PDU that has begun
  std::size_t header_size_ = 0;  // of the next one, so far
  std::uint32_t length_ = 0;     // that it says
  bool late_ = false;
  bool too_much_ = false;
  bool wrong_ = false;
};

}  // namespace lockstep::pcp
