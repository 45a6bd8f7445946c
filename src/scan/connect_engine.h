// Engine `connect`: completed TCP connections through the kernel, the paper's default scan. Needs
// no right and reaches everything that the kernel reaches, loopback included; but an application
// notices it, so sweeps never use it by themselves.
//
// Sockets are used again and again: a refused connect() leaves its socket fresh, so most probes
// cost two system calls. The second connect() on the same socket asks how the first one ended,
// which is exact where SO_ERROR and a poll event are not.

#pragma once

#include "scan/engine.h"

namespace lockstep::scan {

class ConnectEngine final : public Engine {
 public:
  std::string_view name() const override { return "connect"; }
  bool completes_handshakes() const override { return true; }

 private:
  Result<void> do_run(const Plan& plan, const ResultTable& table,
                      std::vector<std::uint32_t> targets) override;
};

}  // namespace lockstep::scan
