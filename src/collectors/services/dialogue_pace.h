// How many dialogues go on at a time.
//
// With too many at once everything is late: the process that reads, and the services where several
// nodes share a machine. What is late seems silent, is asked more, and that makes more work yet. So
// the number begins low, doubles as fast as answers come, and falls while what is as expected takes
// long to say so. What is silent, or something else than expected, takes long by its nature and
// tells nothing of that.

#pragma once

#include <chrono>

namespace lockstep {

class DialoguePace {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// `most`: never more than that, at least 1.
  explicit DialoguePace(unsigned most);

  /// 1 to `most`.
  unsigned limit() const { return limit_; }
  /// What is as expected is slow, or was a moment ago: silence may be our own doing.
  bool is_strained(TimePoint now) const;
  /// A dialogue has come to its end in `took`.
  void ended(bool as_expected, std::chrono::steady_clock::duration took, TimePoint now);

 private:
  unsigned most_;
  unsigned limit_;
  std::chrono::duration<double> usual_{0};  // what the expected takes of late
  TimePoint lowered_{};
  bool was_lowered_ = false;
};

}  // namespace lockstep
