#include "collectors/services/dialogue_pace.h"

#include <algorithm>

namespace lockstep {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr unsigned kFirst = 64;
constexpr unsigned kLeast = 32;  // where services are slow whatever we do, fewer would help nobody
constexpr Seconds kQuick(0.3);   // an SSH server and its keys take a fifth of a second
constexpr Seconds kSlow(0.6);    // the expected is waited for 2.5 s
constexpr double kWeight = 1.0 / 16;
constexpr double kFall = 0.7;
constexpr std::chrono::milliseconds kBetweenFalls(300);  // until it can have had an effect

constexpr std::chrono::seconds kAMoment(10);  // longer than any silence takes

}  // namespace

bool DialoguePace::is_strained(TimePoint now) const {
  return usual_ > kQuick || (was_lowered_ && now - lowered_ < kAMoment);
}

DialoguePace::DialoguePace(unsigned most)
    : most_(std::max(1U, most)), limit_(std::min(most_, kFirst)) {}

void DialoguePace::ended(bool as_expected, std::chrono::steady_clock::duration took,
                         TimePoint now) {
  if (as_expected) usual_ += kWeight * (Seconds(took) - usual_);
  if (usual_ > kSlow) {
    if (was_lowered_ && now - lowered_ < kBetweenFalls) return;
    lowered_ = now;
    was_lowered_ = true;
    limit_ = std::min(most_, std::max(kLeast, static_cast<unsigned>(limit_ * kFall)));
  } else if (usual_ < kQuick && limit_ < most_) {
    ++limit_;
  }
}

}  // namespace lockstep
