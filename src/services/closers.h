// Services that say nothing to strangers: what is no message of theirs makes them end the
// conversation without a word, and that is all that tells them from whoever else listens there.
// Slurm's daemons are such (tried with 22.05): each message wants credentials, and what has none is
// a line in the log and no answer.

#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace lockstep::services {

inline constexpr std::array<std::string_view, 2> kClosers = {"slurmctld", "slurmd"};

/// The probe that they end the conversation upon, and that most others answer.
inline constexpr std::string_view kClosersProbe = "SlurmFrame";

inline bool tells_by_closing(std::string_view service) {
  return std::ranges::find(kClosers, service) != kClosers.end();
}

}  // namespace lockstep::services
