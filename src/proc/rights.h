// The rights of processes: Linux capabilities (capabilities(7)) and what goes with them.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/result.h"

namespace lockstep {

/// Capabilities, one bit each by number, as in /proc/PID/status.
using Capabilities = std::uint64_t;

/// What it takes to send packets of our own: CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF, CAP_PERFMON.
extern const Capabilities kSenderCapabilities;

/// Takes all capabilities from this process and from all that it will start, whatever their user
/// and their files say: every set is empty, and no program gives new privileges. So is the bounding
/// set, where we may empty it and this program's file needs nothing of it. For the calling thread:
/// call it before there are others. The user stays who it is.
Result<void> drop_all_rights();

/// The same, but for those of `kept` that this process has, which programs that it starts keep.
Result<void> keep_rights(Capabilities kept);

/// What a process has and may get.
struct ProcessRights {
  uid_t user = 0;  ///< effective
  Capabilities effective = 0;
  Capabilities permitted = 0;
  Capabilities bounding = 0;
  bool no_new_privileges = false;
  bool filtered = false;  ///< its system calls, by seccomp
};

/// Of the process `pid`. Errors: `not_found`, `denied`; `corrupt` where the kernel says it
/// otherwise than we know.
Result<ProcessRights> rights_of(pid_t pid);

/// The same from the text of /proc/PID/status; `whose` is for errors.
Result<ProcessRights> parse_rights(const std::string& status, const std::string& whose);

/// "net_raw net_admin", "none"; by number what has no name here.
std::string names_of(Capabilities capabilities);

}  // namespace lockstep
