#include "scan/pace.h"

#include <algorithm>
#include <cmath>

namespace lockstep::scan {
namespace {

/// An increase: a part of the whole, or of what is used where that is more.
constexpr double kStep = 1.0 / 64;
constexpr double kPart = 1.0 / 8;

/// A decrease goes to at most the first of what was, and at least to the second: to what came
/// through, since that is what a fixed limit lets through.
constexpr double kLeastDecrease = 0.5;
constexpr double kMostDecrease = 0.125;

/// Of fewer sentinels, luck may have lost most.
constexpr unsigned kFewest = 8;

/// A lower rate that brings less than this part of the answers costs more than it spares.
constexpr double kWorthwhile = 0.6;

/// What is known of a rate is worth less with every window more that is known of it, and nothing
/// so many decisions after it was used: causes of loss change.
constexpr double kFades = 0.75;
constexpr unsigned kForgotten = 24;

}  // namespace

bool Pace::Octave::known() const {
  return age < kForgotten;
}

Pace::Octave& Pace::octave_of(double share) {
  const auto number = static_cast<std::size_t>(std::lround(-std::log2(share)));
  return octaves_[std::min(number, octaves_.size() - 1)];
}

void Pace::note(bool lost, double sent, double answered) {
  ++noted_;
  if (lost) ++lost_;
  sent_ += sent + 1;
  answered_ += answered + (lost ? 0 : 1);
  const bool early = lost_ > tolerated_ * window_ && noted_ >= std::min(kFewest, window_);
  if (noted_ < window_ && !early) return;
  decide();
  noted_ = lost_ = 0;
  sent_ = answered_ = 0;
}

void Pace::decide() {
  for (Octave& octave : octaves_) {
    if (octave.known()) ++octave.age;
  }
  Octave& here = octave_of(share_);
  const double kept = here.known() ? kFades : 0;
  here.sent = here.sent * kept + sent_;
  here.answered = here.answered * kept + answered_;
  here.age = 0;
  here.share = share_;

  const Octave* best = &here;
  for (const Octave& octave : octaves_) {
    const bool higher = octave.known() && octave.share > share_;
    if (higher && octave.gain() > best->gain()) best = &octave;
  }
  if (here.gain() < best->gain() * kWorthwhile) {
    share_ = best->share;
    return;
  }
  if (lost_ <= tolerated_ * noted_) {
    share_ = std::min(1.0, share_ + std::max(kStep, share_ * kPart));
    return;
  }
  const double back = (noted_ - lost_ + 1.0) / (noted_ + 2.0);
  const double part = std::clamp(back, kMostDecrease, kLeastDecrease);
  const double lower = std::max(kLeast, share_ * part);
  const Octave& there = octave_of(lower);
  const bool in_vain =
      &there != &here && there.known() && lower * there.came() < here.gain() * kWorthwhile;
  if (!in_vain) share_ = lower;
}

}  // namespace lockstep::scan
