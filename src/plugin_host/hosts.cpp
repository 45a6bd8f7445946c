#include "plugin_host/hosts.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <fstream>
#include <vector>

#include "plugin_host/host.h"

namespace lockstep::plugin_host {
namespace {

constexpr int kHostSocket = 3;

/// All that are ours to wait for, so that none of their numbers is another's.
std::vector<pid_t> children() {
  std::vector<pid_t> pids;
  std::ifstream file("/proc/thread-self/children");
  for (pid_t pid = 0; file >> pid;) pids.push_back(pid);
  return pids;
}

/// Stopped before any is killed: those of a fork bomb would be replaced faster than they end.
void kill_all(const std::vector<pid_t>& pids) {
  for (const pid_t pid : pids) ::kill(pid, SIGSTOP);
  for (const pid_t pid : pids) ::kill(pid, SIGKILL);
}

[[noreturn]] void be_host(int socket, pid_t parent, const std::string& user) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // A signal for the whole program, of a terminal or of a service manager, is for who started us.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  ::prctl(PR_SET_NAME, "plugin-host");
  const bool ready = ::setpgid(0, 0) == 0 && ::dup2(socket, kHostSocket) >= 0 &&
                     ::close_range(kHostSocket + 1, UINT_MAX, 0) == 0;
  if (ready) run_host(kHostSocket, parent, user);
  ::_exit(0);
}

}  // namespace

Result<Hosts> Hosts::make() {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  ::signal(SIGCHLD, SIG_DFL);  // ignored, it would reap for us
  ::sigprocmask(SIG_BLOCK, &child, nullptr);
  UniqueFd signals(::signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC));
  // Neither we nor our hosts, which may be of one user with plug-ins, are theirs to trace.
  const bool ready =
      signals && ::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && ::prctl(PR_SET_DUMPABLE, 0) == 0;
  if (!ready) {
    return std::unexpected(system_error(errno, "watch over plug-in hosts"));
  }
  return Hosts(std::move(signals));
}

Result<pid_t> Hosts::start(int socket, const std::string& user) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(system_error(errno, "start a plug-in host"));
  if (pid == 0) be_host(socket, parent, user);
  hosts_.insert(pid);
  return pid;
}

/// False where there is no child any more.
bool Hosts::reap() {
  while (true) {
    const pid_t pid = ::waitpid(-1, nullptr, WNOHANG | __WALL);
    if (pid == 0) return true;
    if (pid < 0 && errno != EINTR) return false;
    hosts_.erase(pid);
  }
}

void Hosts::look() {
  signalfd_siginfo seen;
  while (::read(signals_.get(), &seen, sizeof seen) > 0) {
  }
  if (!reap()) return;
  // What a host leaves comes to us before we learn of its end; what one of these has started comes
  // when that is killed, of which we learn as well.
  std::vector<pid_t> strays = children();
  std::erase_if(strays, [&](pid_t pid) { return hosts_.contains(pid); });
  kill_all(strays);
}

void Hosts::end() {
  constexpr int kRounds = 3000;
  constexpr timespec kPause{0, 1'000'000};
  for (int round = 0; round < kRounds; ++round) {
    kill_all(children());
    if (!reap()) return;
    ::nanosleep(&kPause, nullptr);
  }
}

}  // namespace lockstep::plugin_host
