// Expectations as lines of text, one an expectation, to be compared and approved.

#pragma once

#include <string>
#include <vector>

#include "model/profile.h"

namespace lockstep {

/// "22/tcp", "22/tcp service ssh", "32768-60999/tcp optional until 2026-12-01T00:00:00Z", ...;
/// ascending, each once. Two profiles that mean the same have the same lines. Pure.
std::vector<std::string> lines_of(const Profile& profile);

/// What one list of lines has over another.
struct LineDiff {
  std::vector<std::string> added;
  std::vector<std::string> removed;

  bool empty() const { return added.empty() && removed.empty(); }
};

/// Both ascending.
LineDiff diff_lines(const std::vector<std::string>& before, const std::vector<std::string>& after);

}  // namespace lockstep
