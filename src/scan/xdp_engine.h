// Engine `xdp`: half-open TCP like `packet`, with generator and receiver inside XDP, for rates that
// packet sockets do not reach. A generator on each core writes probes into frames that never meet
// the network stack; the receiver checks cookies and resets SYN-ACKs before the kernel sees them,
// and lets everything else pass.
//
// It costs a core for each generator, however low the rate. The interface's driver has to do XDP
// and its redirects; a canary finds out whether it does: before anything is probed, a neighbour
// request takes the generator's way, and has to be answered.
//
// Rates: walkers go through rounds inside the program, as scan/walk.h has it, but for one thing: a
// round asks one port of all, and so lasts as long in a later pass as in the first. Up to some 1.5
// million packets a second there is one walker, so that one schedule holds each address to its
// rate; beyond that, each of n walkers has every n-th round.

#pragma once

#include <map>

#include "net/io/links.h"
#include "scan/engine.h"

namespace lockstep::net {
class XdpPrograms;
}

namespace lockstep::scan {

struct XdpOptions {
  /// Only on these; empty: on any. A plan that leads through another is `unsupported`.
  std::vector<std::string> interfaces;
  /// A plan that is slower in all is `unsupported`: `packet` does it without burning a core.
  PacketsPerSecond lowest_rate{0.01};
  WhenOpen when_open{};
};

class XdpEngine final : public Engine {
 public:
  /// `links` must outlive the engine.
  explicit XdpEngine(net::Links& links, XdpOptions options = {});
  ~XdpEngine() override;

  std::string_view name() const override { return "xdp"; }
  bool completes_handshakes() const override { return false; }

 private:
  /// Beyond those of Engine: `unsupported` before any probe where the plan (of UDP, too slow,
  /// or with targets that are not asked all ports), the kernel or the interface is not for this
  /// engine; `unavailable` where another XDP program has the interface.
  Result<void> do_run(const Plan& plan, const ResultTable& table,
                      std::vector<std::uint32_t> targets) override;

  net::Links& links_;
  XdpOptions options_;
  // By interface number. They stay from run to run: some drivers take the link down to change
  // programs, and a sweep of many shards would pay for it each time.
  std::map<int, std::unique_ptr<net::XdpPrograms>> programs_;
};

}  // namespace lockstep::scan
