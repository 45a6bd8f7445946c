#include "proc/capabilities.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lockstep {

bool drop_capabilities_but(unsigned kept) {
  __user_cap_header_struct head{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2]{};
  if (::syscall(SYS_capget, &head, data) != 0) return false;
  for (__user_cap_data_struct& part : data) part.inheritable = 0;
  data[0].permitted &= kept;
  data[0].effective = data[0].permitted;
  data[1].permitted = data[1].effective = 0;
  return ::syscall(SYS_capset, &head, data) == 0;
}

}  // namespace lockstep
