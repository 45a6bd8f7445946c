// What whoever starts plug-in hosts may do, where it is root.

#pragma once

#include "proc/rights.h"

namespace lockstep::plugin_host {

/// To become the user of plug-ins, and to end what is that user's: CAP_SETUID, CAP_SETGID,
/// CAP_KILL.
extern const Capabilities kKeeperCapabilities;

/// Takes all others from this process.
Result<void> keep_rights_for_hosts();

}  // namespace lockstep::plugin_host
