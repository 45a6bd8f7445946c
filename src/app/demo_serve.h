// The end of the demonstration: Lockstep runs by itself over the demo cluster.

#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "app/demo_cluster.h"
#include "app/demo_socket.h"
#include "base/result.h"

namespace lockstep {

/// What stands in the configuration for it: an instance for all ports, which are few seconds here.
inline constexpr const char* kDemoInstances =
    "\n[instance.all-ports]\ncollector = \"ports\"\nports = \"all\"\ninterval = \"10s\"\n";

/// Runs `lockstep serve`, shows where its page is, lets an intruder come and go, and prints alerts
/// as they change, until `stop`. `lockstep` is the command line of the program with its
/// configuration, which is to stand on the cluster's monitor. `page` is handed to the daemon; null:
/// it has no page. Errors: the daemon did not start, or ended by itself.
Result<void> serve_demo(DemoCluster& cluster, const std::vector<std::string>& lockstep,
                        const DemoSocket* page, const std::atomic<bool>& stop);

}  // namespace lockstep
