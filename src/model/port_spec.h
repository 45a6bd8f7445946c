// Port specs: how people name sets of TCP or UDP ports, and the names behind them.
//
//   default                 the ports that matter on a cluster (data/ports/default-ports)
//   all                     1 to 65535
//   22   1-1024   -1024   60000-
//   ssh                     a name of our list, else of the system's services database
//   all,!9100-9107          everything but; the order of the items means nothing
//
// Items are separated by commas; white space around items and dashes is ignored, case too.

#pragma once

#include <string_view>

#include "base/port.h"
#include "base/result.h"
#include "model/observation.h"

namespace lockstep {

/// The ports that `text` names: the union of its items without the union of its "!" items. Never
/// empty. A list of ports to exclude is written in the same language: parse it and
/// PortSet::remove() it. May ask the system's services database, hence the network. Thread-safe.
/// Errors: `invalid`, with a suggestion where a name is mistyped.
Result<PortSet> parse_port_spec(std::string_view text, Protocol protocol = Protocol::tcp);

/// The name that our own list gives to `port`, such as "ssh", or an empty view. It is a guess by
/// number, never a proof of what listens. Valid for ever. Thread-safe.
std::string_view port_name(Port port, Protocol protocol);

}  // namespace lockstep
