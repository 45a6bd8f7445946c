#include "proc/lockdown.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/unique_fd.h"
#include "proc/rights.h"
#include "proc/syscall_filter.h"

namespace lockstep {
namespace {

constexpr uid_t kNobody = 65534;

/// On descriptors that are open, on memory, on time, on itself.
constexpr int kAllowed[] = {SCMP_SYS(read),
                            SCMP_SYS(write),
                            SCMP_SYS(readv),
                            SCMP_SYS(writev),
                            SCMP_SYS(recvfrom),
                            SCMP_SYS(sendto),
                            SCMP_SYS(recvmsg),
                            SCMP_SYS(sendmsg),
                            SCMP_SYS(shutdown),
                            SCMP_SYS(close),
                            SCMP_SYS(epoll_wait),
                            SCMP_SYS(epoll_pwait),
                            SCMP_SYS(epoll_ctl),
                            SCMP_SYS(poll),
                            SCMP_SYS(ppoll),
                            SCMP_SYS(futex),
                            SCMP_SYS(munmap),
                            SCMP_SYS(mremap),
                            SCMP_SYS(madvise),
                            SCMP_SYS(brk),
                            SCMP_SYS(clock_gettime),
                            SCMP_SYS(gettimeofday),
                            SCMP_SYS(time),
                            SCMP_SYS(clock_nanosleep),
                            SCMP_SYS(nanosleep),
                            SCMP_SYS(getrandom),
                            SCMP_SYS(timerfd_settime),
                            SCMP_SYS(getsockopt),
                            SCMP_SYS(setsockopt),
                            SCMP_SYS(getpeername),
                            SCMP_SYS(getsockname),
                            SCMP_SYS(rt_sigreturn),
                            SCMP_SYS(rt_sigprocmask),
                            SCMP_SYS(rt_sigaction),
                            SCMP_SYS(sigaltstack),
                            SCMP_SYS(exit),
                            SCMP_SYS(exit_group),
                            SCMP_SYS(getpid),
                            SCMP_SYS(gettid),
                            SCMP_SYS(sched_yield),
                            SCMP_SYS(restart_syscall),
                            SCMP_SYS(getuid),
                            SCMP_SYS(geteuid),
                            SCMP_SYS(getgid),
                            SCMP_SYS(getegid),
                            SCMP_SYS(lseek),
                            SCMP_SYS(membarrier),
                            SCMP_SYS(rseq),
                            SCMP_SYS(uname),
                            SCMP_SYS(sched_getaffinity)};

/// Batches of packets, and threads that keep to their CPU.
constexpr int kAllowedToSender[] = {SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg),
                                    SCMP_SYS(sched_setaffinity), SCMP_SYS(set_robust_list)};

Result<void> change_user() {
  if (::geteuid() != 0) return {};
  // Where a user namespace has no such user, the rest has to do.
  if (::setgroups(0, nullptr) != 0 && errno != EPERM) {
    return std::unexpected(system_error(errno, "give up groups"));
  }
  if (::setresgid(kNobody, kNobody, kNobody) != 0 && errno != EINVAL && errno != EPERM) {
    return std::unexpected(system_error(errno, "change the group"));
  }
  if (::setresuid(kNobody, kNobody, kNobody) != 0 && errno != EINVAL && errno != EPERM) {
    return std::unexpected(system_error(errno, "change the user"));
  }
  return {};
}

Result<void> drop_capabilities() {
  __user_cap_header_struct head{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const __user_cap_data_struct none[2]{};
  if (::syscall(SYS_capset, &head, none) != 0) {
    return std::unexpected(system_error(errno, "give up capabilities"));
  }
  return {};
}

/// A ruleset that handles everything of the kernel's version and permits nothing of it
/// (Documentation/userspace-api/landlock.rst). Without Landlock, seccomp alone keeps files away.
Result<void> forbid_files() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return {};
  landlock_ruleset_attr handled{};
  handled.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // version 1: 13 rights
  const UniqueFd ruleset(static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled.handled_access_fs, 0)));
  if (!ruleset || ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
    return std::unexpected(system_error(errno, "give up the file system"));
  }
  return {};
}

void limit_resources() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::setrlimit(RLIMIT_FSIZE, &none);
}

/// Memory that is no code.
void allow_memory(SyscallFilter& filter) {
  filter.allow(SCMP_SYS(mmap), SyscallFilter::masked(2, PROT_EXEC, 0),
               SyscallFilter::masked(3, MAP_ANONYMOUS, MAP_ANONYMOUS));
  filter.allow(SCMP_SYS(mprotect), SyscallFilter::masked(2, PROT_EXEC, 0));
}

/// abort() signals the thread that calls it, and generators are woken so.
void allow_own_signals(SyscallFilter& filter) {
  filter.allow(SCMP_SYS(tgkill), SyscallFilter::equals(0, static_cast<scmp_datum_t>(::getpid())));
}

Result<void> filter_parser() {
  SyscallFilter filter;
  filter.allow(kAllowed);
  allow_memory(filter);
  filter.allow(SCMP_SYS(fcntl), SyscallFilter::equals(1, F_GETFL));
  filter.allow(SCMP_SYS(fcntl), SyscallFilter::equals(1, F_SETFL));
  filter.allow(SCMP_SYS(fcntl), SyscallFilter::equals(1, F_SETFD));
  filter.allow(SCMP_SYS(ioctl), SyscallFilter::equals(1, FIONBIO));
  filter.allow(SCMP_SYS(ioctl), SyscallFilter::equals(1, FIONREAD));
  allow_own_signals(filter);
  return filter.load();
}

Result<void> filter_sender() {
  SyscallFilter filter;
  filter.allow(kAllowed);
  filter.allow(kAllowedToSender);
  allow_memory(filter);
  allow_own_signals(filter);
  // Threads, and no processes. What clone3 is asked cannot be looked at; without it, libraries take
  // clone.
  filter.pretend_missing(SCMP_SYS(clone3));
  filter.allow(SCMP_SYS(clone), SyscallFilter::masked(0, CLONE_THREAD, CLONE_THREAD));
  // Whether an interface is still up.
  for (const int family : {AF_INET, AF_UNIX}) {
    filter.allow(SCMP_SYS(socket), SyscallFilter::equals(0, static_cast<scmp_datum_t>(family)),
                 SyscallFilter::masked(1, 0xff, SOCK_DGRAM));
  }
  for (const unsigned long what : {SIOCGIFNAME, SIOCGIFINDEX, SIOCGIFFLAGS, SIOCGIFHWADDR}) {
    filter.allow(SCMP_SYS(ioctl), SyscallFilter::equals(1, what));
  }
  // A generator of engine xdp is a program that is run, again and again.
  filter.allow(SCMP_SYS(bpf), SyscallFilter::equals(0, BPF_PROG_TEST_RUN));
  return filter.load();
}

}  // namespace

Result<void> give_up_rights() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return std::unexpected(system_error(errno, "give up new privileges"));
  }
  limit_resources();
  LOCKSTEP_CHECK(change_user());
  LOCKSTEP_CHECK(drop_capabilities());
  // A change of the user makes a process undumpable; so does this, where there was none.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  return forbid_files();
}

Result<void> lock_down() {
  LOCKSTEP_CHECK(give_up_rights());
  return filter_parser();
}

Result<void> lock_down_sender() {
  LOCKSTEP_CHECK(drop_all_rights());
  limit_resources();
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  LOCKSTEP_CHECK(forbid_files());
  return filter_sender();
}

}  // namespace lockstep
