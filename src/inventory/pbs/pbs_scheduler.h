// PBS, asked by pbsnodes. No real one was there to try it with: see pbs_nodes.h.

#pragma once

#include <memory>
#include <string>

#include "inventory/scheduler.h"

namespace lockstep {

struct PbsOptions {
  std::string pbsnodes = "pbsnodes";  ///< looked up in PATH
  /// False for versions before 14, whose pbsnodes has no "-F json".
  bool json = true;
  /// An answer larger than this is an error.
  std::size_t answer_bytes = 64 << 20;
};

/// One query is one command and tells of all nodes. Jobs come without their users.
std::unique_ptr<Scheduler> make_pbs_scheduler(PbsOptions options = {});

}  // namespace lockstep
