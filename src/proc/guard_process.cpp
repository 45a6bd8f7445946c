#include "proc/guard_process.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstddef>

#include "proc/capabilities.h"

namespace lockstep {
namespace {

/// The places of descriptors in the guard.
constexpr int kControl = 3;
constexpr int kSignals = 4;
constexpr int kChildren = 5;

/// Of a file that it writes.
constexpr rlim_t kMostFileBytes = 64 << 20;
/// All else goes before: a fork bomb would leave those that are to end it no time.
constexpr int kNiceness = 10;

void say(GuardWord word, std::int32_t value) {
  const GuardMessage message{word, value};
  // Nobody there: the end of the socket is what tells the guard.
  [[maybe_unused]] const ssize_t sent =
      ::send(kControl, &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool limit(int resource, rlim_t value) {
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &now) != 0) return false;
  const rlim_t most = now.rlim_max == RLIM_INFINITY || value < now.rlim_max ? value : now.rlim_max;
  const rlimit wanted{most, most};
  return ::setrlimit(static_cast<__rlimit_resource_t>(resource), &wanted) == 0;
}

/// The kernel takes it first when memory runs out.
void offer_to_be_killed() {
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t written = ::write(file, "1000", 4);
  ::close(file);
}

bool take_user(const GuardedStart& start) {
  if (!start.changes_user) return true;
  // The plain system calls: glibc's would wait for threads that the fork has not.
  return ::syscall(SYS_setgroups, 0, nullptr) == 0 &&
         ::syscall(SYS_setresgid, start.group, start.group, start.group) == 0 &&
         ::syscall(SYS_setresuid, start.user, start.user, start.user) == 0;
}

/// No seccomp and no MemoryDenyWriteExecute: interpreters with a compiler in them die of it.
[[noreturn]] void become_command(const GuardedStart& start) {
  sigset_t none;
  sigemptyset(&none);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  offer_to_be_killed();
  ::umask(077);
  [[maybe_unused]] const int nicer = ::setpriority(PRIO_PROCESS, 0, kNiceness);
  const bool ready =
      ::setpgid(0, 0) == 0 && ::chdir("/") == 0 && limit(RLIMIT_CORE, 0) &&
      limit(RLIMIT_NOFILE, start.open_files) && limit(RLIMIT_NPROC, start.most_of_user) &&
      limit(RLIMIT_FSIZE, kMostFileBytes) && take_user(start) && drop_capabilities_but(0) &&
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
  if (ready) {
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::fcntl(kControl, F_SETFD, FD_CLOEXEC);
    ::close_range(kControl + 1, UINT_MAX, 0);
    ::execve(start.program, start.arguments, start.environment);
  }
  say(GuardWord::exec_failed, errno);
  ::_exit(127);
}

/// Sends a signal to each child that there is now.
void signal_children(int signal) {
  char text[4096];
  ::lseek(kChildren, 0, SEEK_SET);
  pid_t pid = 0;
  for (;;) {
    const ssize_t size = ::read(kChildren, text, sizeof text);
    if (size <= 0) return;
    for (ssize_t i = 0; i < size; ++i) {
      if (text[i] >= '0' && text[i] <= '9') {
        pid = pid * 10 + (text[i] - '0');
      } else if (pid != 0) {
        ::kill(pid, signal);
        pid = 0;
      }
    }
  }
}

/// The children of a process that dies become ours: round by round until there is none. Each is
/// stopped before any is killed, so that none of a chain that forks and ends is missed for long.
int end_all() {
  constexpr long kFirstPauseNs = 200'000;
  constexpr long kLongestPauseNs = 20'000'000;
  long pause_ns = kFirstPauseNs;
  int count = 0;
  for (;;) {
    signal_children(SIGSTOP);
    signal_children(SIGKILL);
    // What was killed ends soon; what came meanwhile is killed in the next round.
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG | __WALL);
    if (pid < 0 && errno == ECHILD) return count;
    if (pid > 0) {
      if (WIFSIGNALED(status)) ++count;  // others had ended, and nobody had waited for them
      pause_ns = kFirstPauseNs;
      continue;
    }
    const timespec pause{0, pause_ns};
    ::nanosleep(&pause, nullptr);
    if (pause_ns < kLongestPauseNs) pause_ns *= 2;
  }
}

class Guard {
 public:
  explicit Guard(pid_t command) : command_(command) {}

  [[noreturn]] void run() {
    pollfd events[2] = {{kControl, POLLIN, 0}, {kSignals, POLLIN, 0}};
    for (;;) {
      if (::poll(events, 2, -1) < 0 && errno != EINTR) finish();
      if (events[0].revents != 0) obey();
      if (events[1].revents != 0) reap();
    }
  }

 private:
  void obey() {
    GuardMessage message{};
    const ssize_t size = ::recv(kControl, &message, sizeof message, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size != sizeof message || message.word == GuardWord::kill) {
      ::kill(-command_, SIGKILL);
      wait_for_command();
    }
    if (message.word == GuardWord::term) ::kill(-command_, SIGTERM);
  }

  void reap() {
    signalfd_siginfo seen;
    while (::read(kSignals, &seen, sizeof seen) > 0) {
    }
    for (;;) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, WNOHANG | __WALL);
      if (pid <= 0) return;
      if (pid == command_) finish_with(status);
    }
  }

  [[noreturn]] void wait_for_command() {
    int status = 0;
    while (::waitpid(command_, &status, 0) < 0 && errno == EINTR) {
    }
    finish_with(status);
  }

  [[noreturn]] void finish_with(int status) {
    say(GuardWord::ended, status);
    finish();
  }

  [[noreturn]] void finish() {
    const int left = end_all();
    say(GuardWord::gone, left);
    ::_exit(0);
  }

  pid_t command_;
};

/// Not one of the numbers that something else is put at.
int moved_up(int fd) {
  return ::fcntl(fd, F_DUPFD_CLOEXEC, 16);
}

bool take_places(const GuardedStart& start, int control) {
  const int from[] = {moved_up(start.input), moved_up(start.output), moved_up(start.complaint),
                      moved_up(control)};
  for (int place = 0; place < 4; ++place) {
    if (from[place] < 0 || ::dup2(from[place], place) < 0) return false;
  }
  ::close_range(kControl + 1, UINT_MAX, 0);
  sigset_t signals;
  sigfillset(&signals);
  ::sigprocmask(SIG_SETMASK, &signals, nullptr);
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  const int watched = ::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  if (watched < 0) return false;
  // Of this thread, which is the only one.
  const int children = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  return children >= 0 && watched == kSignals && children == kChildren;
}

}  // namespace

void run_guard(const GuardedStart& start, int control) {
  ::signal(SIGCHLD, SIG_DFL);  // ignored, it would reap for us
  ::setpgid(0, 0);             // a Ctrl-C at our terminal is ours to pass on
  const bool ready = take_places(start, control) && ::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
  const pid_t pid = ready ? ::fork() : -1;
  if (pid < 0) {
    say(GuardWord::exec_failed, errno);
    ::_exit(1);
  }
  if (pid == 0) become_command(start);
  ::setpgid(pid, pid);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < kControl; ++fd) ::dup2(null, fd);
  Guard(pid).run();
}

}  // namespace lockstep
