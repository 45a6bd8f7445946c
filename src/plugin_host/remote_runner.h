// Guarded commands, run by plug-in hosts: what stands for them in the core.

#pragma once

#include <functional>

#include "base/unique_fd.h"
#include "proc/guarded_runner.h"

namespace lockstep::plugin_host {

/// Where hosts come from, each waiting for its order. Called by several threads at once.
using HostSource = std::function<Result<UniqueFd>()>;

/// A host a run. It is trusted less than we are: what it says is bounded, what it does not say in
/// time ends the run, and what it says in words is quoted.
class RemoteRunner final : public GuardedRunner {
 public:
  explicit RemoteRunner(HostSource hosts) : hosts_(std::move(hosts)) {}

  /// GuardedCommand::user has to be empty: the host knows whom it runs commands as. Where `stop`
  /// becomes true, it returns within 100 ms, whatever the host does.
  Result<GuardedOutcome> run(const GuardedCommand& command, std::string_view input,
                             const GuardLimits& limits, const TakeOutput& take,
                             const std::atomic<bool>* stop) override;

 private:
  HostSource hosts_;
};

}  // namespace lockstep::plugin_host
