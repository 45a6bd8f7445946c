// A listener that a job was allowed to open: it is tied to the jobs that held its node.

#pragma once

#include <compare>
#include <string>
#include <vector>

#include "base/port.h"
#include "model/observation.h"

namespace lockstep {

/// The most jobs that one listener is tied to: nodes that are shared hold many.
inline constexpr std::size_t kMostTiedJobs = 16;

/// A port of a node on a network, at whichever address.
struct JobListener {
  std::string node;
  std::string network;
  Protocol protocol = Protocol::tcp;
  Port port = 0;
  /// Who held the node then, "88123 alice", ascending, without ", " in them; empty: the scheduler
  /// named no job. The scheduler's text: quoted() before a person sees it.
  std::vector<std::string> jobs;
  WallTime since{};  ///< when it was seen first while one of them held the node; whole seconds

  friend auto operator<=>(const JobListener&, const JobListener&) = default;
};

}  // namespace lockstep
