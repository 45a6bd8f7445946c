#include "proc/syscall_filter.h"

#include <fmt/format.h>

#include <cerrno>

namespace lockstep {

SyscallFilter::SyscallFilter() : filter_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {}

void SyscallFilter::pretend_missing(int call) {
  add(SCMP_ACT_ERRNO(ENOSYS), call);
}

Result<void> SyscallFilter::load() {
  if (!filter_) return fail(ErrorKind::unavailable, "no memory for a filter of system calls");
  if (error_ != 0) return std::unexpected(system_error(error_, "make a filter of system calls"));
  seccomp_attr_set(filter_.get(), SCMP_FLTATR_CTL_TSYNC, 1);
  if (const int loaded = seccomp_load(filter_.get()); loaded != 0) {
    return fail(ErrorKind::unsupported,
                fmt::format("the kernel takes no filter of system calls (seccomp): {}",
                            system_error(-loaded, "load").message()));
  }
  return {};
}

}  // namespace lockstep
