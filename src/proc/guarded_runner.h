// Who runs guarded commands: this process, or another one that stands for it.

#pragma once

#include "proc/guarded_command.h"

namespace lockstep {

/// For several threads at once.
class GuardedRunner {
 public:
  virtual ~GuardedRunner() = default;

  /// As run_guarded(). Errors besides: `unavailable` where whoever runs it is gone or ends
  /// meanwhile; `corrupt` where it says what cannot be.
  virtual Result<GuardedOutcome> run(const GuardedCommand& command, std::string_view input,
                                     const GuardLimits& limits, const TakeOutput& take,
                                     const std::atomic<bool>* stop) = 0;
};

}  // namespace lockstep
