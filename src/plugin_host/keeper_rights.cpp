#include "plugin_host/keeper_rights.h"

#include <linux/capability.h>
#include <unistd.h>

namespace lockstep::plugin_host {

const Capabilities kKeeperCapabilities =
    Capabilities{1} << CAP_SETUID | Capabilities{1} << CAP_SETGID | Capabilities{1} << CAP_KILL;

Result<void> keep_rights_for_hosts() {
  // Who is not root does not change the user, whatever capabilities there are.
  return keep_rights(::geteuid() == 0 ? kKeeperCapabilities : 0);
}

}  // namespace lockstep::plugin_host
