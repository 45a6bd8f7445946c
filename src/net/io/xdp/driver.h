// Whether an interface is one that XDP programs can be on, as far as the name of its driver tells.
// Asked when the kernel has refused, so that a person is told why, and by `lockstep doctor` before.

#pragma once

#include <string>
#include <string_view>

namespace lockstep::net {

/// What ethtool(8) -i calls the driver of an interface, in this network namespace; empty where it
/// has none or there is no such interface. Asks for no right.
std::string driver_of(const std::string& interface);

/// Why the kernel takes no program in the driver of such an interface: it has no queues of its own
/// and lies on another one. Empty: nothing is known against it.
std::string_view why_no_xdp(std::string_view driver);

}  // namespace lockstep::net
