#include "proc/rights.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>

namespace lockstep {
namespace {

constexpr Capabilities bit(int capability) {
  return Capabilities{1} << capability;
}

constexpr std::array<const char*, 41> kNames = {"chown",
                                                "dac_override",
                                                "dac_read_search",
                                                "fowner",
                                                "fsetid",
                                                "kill",
                                                "setgid",
                                                "setuid",
                                                "setpcap",
                                                "linux_immutable",
                                                "net_bind_service",
                                                "net_broadcast",
                                                "net_admin",
                                                "net_raw",
                                                "ipc_lock",
                                                "ipc_owner",
                                                "sys_module",
                                                "sys_rawio",
                                                "sys_chroot",
                                                "sys_ptrace",
                                                "sys_pacct",
                                                "sys_admin",
                                                "sys_boot",
                                                "sys_nice",
                                                "sys_resource",
                                                "sys_time",
                                                "sys_tty_config",
                                                "mknod",
                                                "lease",
                                                "audit_write",
                                                "audit_control",
                                                "setfcap",
                                                "mac_override",
                                                "mac_admin",
                                                "syslog",
                                                "wake_alarm",
                                                "block_suspend",
                                                "audit_read",
                                                "perfmon",
                                                "bpf",
                                                "checkpoint_restore"};

struct CapabilitySets {
  __user_cap_header_struct head{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct parts[2]{};

  bool get() { return ::syscall(SYS_capget, &head, parts) == 0; }
  bool set() { return ::syscall(SYS_capset, &head, parts) == 0; }
  Capabilities permitted() const {
    return Capabilities{parts[1].permitted} << 32 | parts[0].permitted;
  }
  void fill(Capabilities all) {
    for (int i = 0; i < 2; ++i) {
      const auto part = static_cast<std::uint32_t>(all >> (32 * i));
      parts[i].permitted = parts[i].effective = parts[i].inheritable = part;
    }
  }
};

Error cannot(const char* what) {
  return system_error(errno, what);
}

/// Whether the file of this program has capabilities (setcap(8)). It can then not be started any
/// more where the bounding set lacks them.
bool file_has_capabilities() {
  return ::getxattr("/proc/self/exe", "security.capability", nullptr, 0) > 0;
}

/// What a program gets at most whose user or file says that it may. Takes CAP_SETPCAP.
Result<void> bound(Capabilities kept) {
  const bool none = kept == 0;
  if (file_has_capabilities()) kept |= kSenderCapabilities;
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if ((kept & bit(capability)) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      return std::unexpected(cannot("give up capabilities of the bounding set"));
    }
  }
  // To be root gives nothing any more, neither to this process nor to what it starts; unless it is
  // to keep some, which a program of root then gets by what it inherits.
  if (none && ::prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0) != 0) {
    return std::unexpected(cannot("give up what root gets"));
  }
  return {};
}

}  // namespace

const Capabilities kSenderCapabilities =
    bit(CAP_NET_RAW) | bit(CAP_NET_ADMIN) | bit(CAP_BPF) | bit(CAP_PERFMON);

Result<void> drop_all_rights() {
  return keep_rights(0);
}

Result<void> keep_rights(Capabilities kept) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return std::unexpected(cannot("give up new privileges"));
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  CapabilitySets sets;
  if (!sets.get()) return std::unexpected(cannot("read capabilities"));
  const Capabilities had = sets.permitted();
  kept &= had;
  if ((had & bit(CAP_SETPCAP)) != 0) LOCKSTEP_CHECK(bound(kept));
  sets.fill(kept);
  if (!sets.set()) return std::unexpected(cannot("give up capabilities"));
  // Without this, a program that is not root's starts with none.
  for (int capability = 0; capability < 64; ++capability) {
    if ((kept & bit(capability)) == 0) continue;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) {
      return std::unexpected(cannot("hand on capabilities"));
    }
  }
  return {};
}

Result<ProcessRights> rights_of(pid_t pid) {
  const std::string path = fmt::format("/proc/{}/status", pid);
  const std::ifstream file(path);
  if (!file) return std::unexpected(system_error(errno, path));
  std::ostringstream text;
  text << file.rdbuf();
  return parse_rights(text.str(), path);
}

Result<ProcessRights> parse_rights(const std::string& status, const std::string& whose) {
  std::istringstream lines(status);
  ProcessRights rights;
  int found = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string key = line.substr(0, colon);
    std::istringstream words(line.substr(colon + 1));
    const auto hex = [&](Capabilities& into) {
      if (words >> std::hex >> into) ++found;
    };
    int number = 0;
    if (key == "CapEff") hex(rights.effective);
    if (key == "CapPrm") hex(rights.permitted);
    if (key == "CapBnd") hex(rights.bounding);
    if (key == "Uid" && words >> number >> rights.user) ++found;
    if (key == "NoNewPrivs" && words >> number) {
      rights.no_new_privileges = number != 0;
      ++found;
    }
    if (key == "Seccomp" && words >> number) {
      rights.filtered = number != 0;
      ++found;
    }
  }
  constexpr int kFields = 6;
  if (found != kFields) return fail(ErrorKind::corrupt, whose + " says less than is known of it");
  return rights;
}

std::string names_of(Capabilities capabilities) {
  std::string text;
  for (std::size_t i = 0; i < 64; ++i) {
    if ((capabilities >> i & 1) == 0) continue;
    if (!text.empty()) text += ' ';
    text += i < kNames.size() ? std::string(kNames[i]) : std::to_string(i);
  }
  return text.empty() ? "none" : text;
}

}  // namespace lockstep
