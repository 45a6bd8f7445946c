// Ends what a descriptor waits for at a time.

#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>

namespace lockstep::dialogue {

using TimePoint = std::chrono::steady_clock::time_point;

/// While it lives, operations of the descriptor are cancelled at `at`. In the thread of its
/// io_context; the descriptor outlives it.
class Deadline {
 public:
  Deadline(boost::asio::posix::stream_descriptor& descriptor, TimePoint at)
      : timer_(descriptor.get_executor()), state_(std::make_shared<State>(&descriptor)) {
    arm(at);
  }
  ~Deadline() { state_->descriptor = nullptr; }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool expired() const { return state_->expired; }

 private:
  struct State {
    explicit State(boost::asio::posix::stream_descriptor* of) : descriptor(of) {}
    boost::asio::posix::stream_descriptor* descriptor;  // null: nobody waits any more
    bool expired = false;
  };

  /// What consists of many operations (a handshake) may be between two of them when it fires, so it
  /// fires until somebody has heard it.
  void arm(TimePoint at) {
    timer_.expires_at(at);
    timer_.async_wait([this, state = state_](const boost::system::error_code& cancelled) {
      // A timer that has fired is not cancelled by the end of its object.
      if (cancelled || state->descriptor == nullptr) return;
      state->expired = true;
      boost::system::error_code error;
      [[maybe_unused]] const auto cancelled_now = state->descriptor->cancel(error);
      arm(std::chrono::steady_clock::now() + std::chrono::milliseconds(10));
    });
  }

  boost::asio::steady_timer timer_;
  std::shared_ptr<State> state_;
};

}  // namespace lockstep::dialogue
