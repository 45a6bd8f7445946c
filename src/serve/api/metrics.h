// What Lockstep says of itself to Prometheus (text format 0.0.4). No label per node: a cluster has
// too many.

#pragma once

#include <string>

#include "serve/api/live.h"
#include "serve/http/server.h"

namespace lockstep::serve {

std::string metrics_text(ApiWorld& world, const LiveView* live, const HttpCounts& counts);

}  // namespace lockstep::serve
