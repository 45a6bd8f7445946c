// An engine that runs in a process of its own (launcher.h), behind the interface of all engines.

#pragma once

#include <string>
#include <vector>

#include "proc/rights.h"
#include "scan/engine.h"
#include "scan/xdp_engine.h"
#include "sender/launcher.h"
#include "sender/order.h"

namespace lockstep::sender {

class RemoteEngine final : public scan::Engine {
 public:
  /// `launcher` outlives it. `xdp`: for that kind.
  RemoteEngine(Launcher& launcher, EngineKind kind, scan::XdpOptions xdp = {});

  /// Of the engine that does the work.
  std::string_view name() const override;
  bool completes_handshakes() const override { return false; }

 private:
  /// Beyond the errors of the engine: `unavailable` where its process died; what it had found
  /// stands in the table, and the next run has a new one.
  Result<void> do_run(const scan::Plan& plan, const scan::ResultTable& table,
                      std::vector<std::uint32_t> targets) override;

  Launcher& launcher_;
  EngineKind kind_;
  scan::XdpOptions xdp_;
};

/// What a sender may do.
struct SenderRights {
  ProcessRights setting_up;
  ProcessRights sending;
};

/// Starts one and looks; nothing is sent.
Result<SenderRights> rights_of_a_sender(Launcher& launcher);

}  // namespace lockstep::sender
