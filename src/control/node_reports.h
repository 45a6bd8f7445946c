// What plug-ins say of the ports of one node, beside what its classes expect.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "control/node_page.h"
#include "model/alert.h"
#include "model/job_listener.h"
#include "model/profile.h"
#include "model/reported_port.h"

namespace lockstep::control {

/// Rows of what `reports` has of the node; pure.
std::vector<PageReport> page_reports(const PortReports& reports, const Node& node,
                                     std::span<const Profile> profiles,
                                     std::span<const JobListener> tied,
                                     std::span<const AlertRecord> book, WallTime now);

}  // namespace lockstep::control
