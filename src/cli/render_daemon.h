// A daemon, its instances and their runs, for people.

#pragma once

#include <string>
#include <vector>

#include "control/daemon_status.h"

namespace lockstep::cli {

std::string status_text(const control::DaemonStatus& status);
std::string instances_text(const std::vector<control::InstanceRow>& rows, WallTime now);
/// `name = value` a line, as `instance set` takes them.
std::string instance_text(const Instance& instance);
std::string runs_text(const std::vector<InstanceRun>& runs, WallTime now);
std::string audit_text(const std::vector<AuditEntry>& entries);

}  // namespace lockstep::cli
