// LSF, asked by bhosts. No real one was there to try it with: see lsf_hosts.h.

#pragma once

#include <memory>
#include <string>

#include "inventory/scheduler.h"

namespace lockstep {

struct LsfOptions {
  std::string bhosts = "bhosts";  ///< looked up in PATH
  /// False for versions whose bhosts has no "-json".
  bool json = true;
  /// An answer larger than this is an error.
  std::size_t answer_bytes = 64 << 20;
};

/// One query is one command and tells of all hosts: whether jobs hold them, not which.
std::unique_ptr<Scheduler> make_lsf_scheduler(LsfOptions options = {});

}  // namespace lockstep
