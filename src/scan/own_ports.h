// The ports and addresses of this machine that an engine asks from.

#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "net/io/links.h"
#include "scan/plan.h"
#include "scan/udp_link.h"

namespace lockstep::scan {

/// Our ports, held as long as the object lives.
class OwnPorts {
 public:
  /// As many as the plan's protocol needs.
  static Result<OwnPorts> reserve(net::Links& links, const Plan& plan);

  std::unique_ptr<ProbeLink> make_link(net::Interface interface, const Plan& plan) const;

 private:
  Result<Port> hold(net::Links& links, Protocol protocol);

  UdpSourcePorts ports_;
  std::vector<net::ReservedPort> held_;
};

/// An answer to an address that is not ours would reach nobody. Errors: `invalid` where one of
/// Plan::sources is not.
Result<void> check_sources(net::Links& links, const Plan& plan);

}  // namespace lockstep::scan
