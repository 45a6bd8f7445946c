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

/// Answers of probes that are enough to compare by; of fewer, filters drop too many, and the
/// sentinels have to do.
constexpr double kEnough = 16;

/// Laplace's rule of succession: none of eight does not mean never.
double likely(double good, double all) {
  return (good + 1) / (all + 2);
}

}  // namespace

bool Pace::Octave::known() const {
  return age < kForgotten;
}

Pace::Octave& Pace::octave_of(double share) {
  const auto number = static_cast<std::size_t>(std::lround(-std::log2(share)));
  return octaves_[std::min(number, octaves_.size() - 1)];
}

void Pace::note(unsigned noted, unsigned lost, double sent, double answered) {
  noted_ += noted;
  lost_ += lost;
  sent_ += sent;
  answered_ += answered;
  const bool early = lost_ > tolerated_ * window_ && noted_ >= std::min(kFewest, window_);
  if (noted_ < window_ && !early) return;
  decide();
  noted_ = lost_ = 0;
  sent_ = answered_ = 0;
}

void Pace::begin_pass(bool take_back) {
  for (Octave& octave : octaves_) octave.age = kForgotten;
  if (take_back) share_ = std::max(share_, proven_);
  in_vain_ = false;
}

double Pace::relative_gain(const Octave& at, double share, const Octave& other) {
  const bool by_probes =
      std::max(at.answered, other.answered) >= kEnough && std::min(at.sent, other.sent) >= kEnough;
  const double here = by_probes ? likely(at.answered, at.sent) : likely(at.back, at.noted);
  const double there =
      by_probes ? likely(other.answered, other.sent) : likely(other.back, other.noted);
  return share * here / (other.share * there);
}

void Pace::decide() {
  for (Octave& octave : octaves_) {
    if (octave.known()) ++octave.age;
  }
  Octave& here = octave_of(share_);
  const double kept = here.known() ? kFades : 0;
  here.sent = here.sent * kept + sent_;
  here.answered = here.answered * kept + answered_;
  here.noted = here.noted * kept + noted_;
  here.back = here.back * kept + noted_ - lost_;
  here.age = 0;
  here.share = share_;

  const Octave* best = nullptr;
  double least_gain = kWorthwhile;
  bool compared = false;
  for (const Octave& octave : octaves_) {
    if (!octave.known() || octave.share <= share_) continue;
    compared = true;
    const double gain = relative_gain(here, share_, octave);
    if (gain >= least_gain) continue;
    least_gain = gain;
    best = &octave;
  }
  if (best != nullptr) {
    proven_ = share_ = best->share;
    in_vain_ = true;
    return;
  }
  if (compared) proven_ = std::min(proven_, share_);
  if (lost_ <= tolerated_ * noted_) {
    share_ = std::min(1.0, share_ + std::max(kStep, share_ * kPart));
    return;
  }
  const double part = std::clamp(likely(noted_ - lost_, noted_), kMostDecrease, kLeastDecrease);
  const double lower = std::max(kLeast, share_ * part);
  const Octave& there = octave_of(lower);
  const bool known = &there != &here && there.known();
  in_vain_ = share_ == kLeast || (known && relative_gain(there, lower, here) < kWorthwhile);
  if (!in_vain_) {
    share_ = lower;
    return;
  }
  const double higher = std::min(1.0, share_ * 2);
  if (!octave_of(higher).known()) share_ = higher;
}

}  // namespace lockstep::scan
