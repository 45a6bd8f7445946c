#include "proc/process_tree.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/unique_fd.h"

namespace lockstep {
namespace {

namespace fs = std::filesystem;

/// The children of all threads of `pid`.
void add_children(pid_t pid, std::vector<pid_t>& pids) {
  std::error_code ignored;
  const fs::path tasks = fmt::format("/proc/{}/task", pid);
  for (fs::directory_iterator task(tasks, ignored), end; !ignored && task != end;
       task.increment(ignored)) {
    std::ifstream file(task->path() / "children");
    for (pid_t child = 0; file >> child;) pids.push_back(child);
  }
}

/// proc(5): a process that is another user's shows its status as well.
std::size_t memory_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  std::size_t kibibytes = 0;
  for (std::string line; std::getline(file, line);) {
    for (const std::string_view key : {"RssAnon:", "RssShmem:", "VmSwap:"}) {
      if (!line.starts_with(key)) continue;
      const std::size_t digit = line.find_first_of("0123456789");
      if (digit == std::string::npos) continue;
      std::size_t value = 0;
      std::from_chars(line.data() + digit, line.data() + line.size(), value);
      kibibytes += value;
    }
  }
  return kibibytes << 10;
}

/// Field 4 of /proc/PID/stat; the name in field 2 may hold anything.
pid_t parent_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(") ");
  constexpr std::size_t kBetween = 4;  // ") S "
  if (name_end == std::string::npos || line.size() < name_end + kBetween) return 0;
  pid_t parent = 0;
  std::from_chars(line.data() + name_end + kBetween, line.data() + line.size(), parent);
  return parent;
}

/// False where it is not, or no longer, a child of `parent`.
bool signal_child(pid_t parent, pid_t pid, int signal) {
  // Not pidfd_open(): the header of glibc 2.36 declares it without C linkage.
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
  if (!process || parent_of(pid) != parent) return false;
  return ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0U) == 0;
}

}  // namespace

TreeUse use_of_descendants(pid_t pid, std::size_t most) {
  std::vector<pid_t> pids;
  add_children(pid, pids);
  TreeUse use;
  for (std::size_t i = 0; i < pids.size() && i < most; ++i) {
    use.memory_bytes += memory_of(pids[i]);
    add_children(pids[i], pids);
  }
  use.processes = pids.size();
  return use;
}

std::size_t threads_of_user(uid_t user) {
  std::size_t count = 0;
  std::error_code ignored;
  for (fs::directory_iterator entry("/proc", ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    const std::string name = entry->path().filename();
    struct stat status {};
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (::stat(entry->path().c_str(), &status) != 0 || status.st_uid != user) continue;
    std::ifstream file(entry->path() / "status");
    std::size_t threads = 1;
    for (std::string line; std::getline(file, line);) {
      constexpr std::string_view kKey = "Threads:\t";
      if (!line.starts_with(kKey)) continue;
      std::from_chars(line.data() + kKey.size(), line.data() + line.size(), threads);
      break;
    }
    count += threads;
  }
  return count;
}

void kill_descendants(pid_t pid) {
  // Whatever is stopped has no more children than those that are read afterwards. But a fork may
  // have been under way, and orphans go to the head.
  constexpr int kMostRounds = 20;
  std::set<pid_t> stopped;
  std::vector<std::pair<pid_t, pid_t>> family;  // parent and child
  bool found = true;
  for (int round = 0; found && round < kMostRounds; ++round) {
    found = false;
    family.clear();
    const auto stop_children_of = [&](pid_t parent) {
      std::vector<pid_t> children;
      add_children(parent, children);
      for (const pid_t child : children) {
        if (!stopped.contains(child)) {
          if (!signal_child(parent, child, SIGSTOP)) continue;
          stopped.insert(child);
          found = true;
        }
        family.emplace_back(parent, child);
      }
    };
    stop_children_of(pid);
    for (std::size_t i = 0; i < family.size(); ++i) stop_children_of(family[i].second);
  }
  // Children first: those of one that has ended are another's.
  for (auto each = family.rbegin(); each != family.rend(); ++each) {
    signal_child(each->first, each->second, SIGKILL);
  }
}

}  // namespace lockstep
