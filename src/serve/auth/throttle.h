// Slows down who guesses passwords.

#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

namespace lockstep::serve {

/// After three failures in a row of one key (a user, an address), each further try has to wait: 1
/// s, 2 s, 4 s, up to five minutes. What has been quiet for an hour is forgotten. For several
/// threads.
class Throttle {
 public:
  using Clock = std::chrono::steady_clock;

  /// How long `key` has to wait at `now`; zero: it may try.
  std::chrono::seconds wait(const std::string& key, Clock::time_point now);
  void failed(const std::string& key, Clock::time_point now);
  void succeeded(const std::string& key);

 private:
  struct Failures {
    unsigned count = 0;
    Clock::time_point last{};
  };
  static Clock::time_point free_at(const Failures& failures);

  std::mutex mutex_;
  std::map<std::string, Failures> failures_;
};

}  // namespace lockstep::serve
