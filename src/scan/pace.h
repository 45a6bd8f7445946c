// How much of an asked rate is used: additive increase, multiplicative decrease (Chiu and Jain,
// "Analysis of the increase and decrease algorithms for congestion avoidance", 1989) on the loss of
// sentinels, probes whose answer is certain.
//
// Not all loss comes of too many packets: a bad cable loses its share at any rate. What tells is
// how many answers come back in a time. Where a limit is the cause, a lower rate brings as many;
// where it is not, it brings fewer, and the decrease is taken back. What a filter drops does not
// matter there: it is the same part at every rate. What each octave of the rate has brought is
// remembered for a while.

#pragma once

#include <array>
#include <cstddef>

namespace lockstep::scan {

class Pace {
 public:
  /// Decides once every `window` sentinels, and earlier where more than `tolerated` of a window
  /// are lost already. `window` at least 1, `tolerated` in [0, 1).
  Pace(unsigned window, double tolerated) : window_(window), tolerated_(tolerated) {}

  /// One more sentinel has come back, or is lost; since the one before, `sent` probes brought
  /// `answered` answers.
  void note(bool lost, double sent, double answered) { note(1, lost ? 1 : 0, sent, answered); }
  /// So many at once, of which `lost` are lost.
  void note(unsigned noted, unsigned lost, double sent, double answered);

  /// Another pass begins: of what is left to ask, filters drop another part. With `take_back` a
  /// decrease ends that nothing has been compared with yet: passes become short, and such decreases
  /// would add up.
  void begin_pass(bool take_back = true);

  /// Of the asked rate, in [kLeast, 1].
  double share() const { return share_; }

  /// In this pass, the latest trial of a lower rate brought nothing.
  bool in_vain() const { return in_vain_; }

  static constexpr double kLeast = 1.0 / 64;

 private:
  /// What came of shares between about 0.7 and 1.4 times a power of two.
  struct Octave {
    double sent = 0;  // probes, and their answers
    double answered = 0;
    double noted = 0;  // sentinels, and those that came back
    double back = 0;
    double share = 0;    // the latest
    unsigned age = ~0U;  // decisions since it was used

    bool known() const;
  };

  /// Answers in a time at `share` in the octave `at`, as a part of those in `other` at its own.
  static double relative_gain(const Octave& at, double share, const Octave& other);

  void decide();
  Octave& octave_of(double share);

  unsigned window_;
  double tolerated_;
  unsigned noted_ = 0;  // in this window
  unsigned lost_ = 0;
  double sent_ = 0;
  double answered_ = 0;
  std::array<Octave, 7> octaves_;
  double share_ = 1;
  bool in_vain_ = false;
  double proven_ = 1;  // the lowest share that, compared with a higher one, brought as much
};

}  // namespace lockstep::scan
