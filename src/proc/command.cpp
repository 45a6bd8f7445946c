#include "proc/command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "base/unique_fd.h"

namespace lockstep {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxComplaintBytes = 4096;
constexpr long long kStopPollMs = 50;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return std::unexpected(system_error(errno, "cannot make a pipe"));
  }
  Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return pipe;
}

/// A process group that ends with us, whatever ends us: a process of ours leads it that waits for
/// the end of the thread that began it, which is here until the group is ended. Its end is the end
/// of all of the group.
class Group {
 public:
  static Result<Group> begin() {
    const pid_t us = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) return std::unexpected(system_error(errno, "cannot begin a process"));
    if (pid == 0) lead(us);
    // On both sides: whoever comes first, the group is there for the command.
    ::setpgid(pid, pid);
    return Group(pid);
  }
  Group(Group&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  Group& operator=(Group&&) = delete;
  ~Group() {
    if (pid_ == 0) return;
    kill();
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  pid_t id() const { return pid_; }
  /// The leader is not reaped before the object goes, so that the number belongs to no other group.
  void kill() const { ::kill(-pid_, SIGKILL); }

 private:
  explicit Group(pid_t pid) : pid_(pid) {}

  /// A fork of a process with threads: system calls alone.
  [[noreturn]] static void lead(pid_t parent) {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    ::setpgid(0, 0);
    ::close_range(0, UINT_MAX, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGUSR1);
    sigset_t end;
    ::sigemptyset(&end);
    ::sigaddset(&end, SIGUSR1);
    // The parent may have ended before it was asked for.
    while (::getppid() == parent && ::sigwaitinfo(&end, nullptr) < 0) {
    }
    ::kill(0, SIGKILL);
    ::_exit(1);
  }

  pid_t pid_;
};

/// A child in a group.
class Child {
 public:
  // Not pidfd_open(): the header of glibc 2.36 declares it without C linkage.
  Child(pid_t pid, const Group& group)
      : pid_(pid), group_(group), exit_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U))) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }

  /// Readable once the child has ended.
  int exit_fd() const { return exit_.get(); }

  /// Kills what is left of the group and returns the status of the child, as waitpid() gives it.
  int end() {
    if (pid_ == 0) return status_;
    group_.kill();
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return status_;
  }

 private:
  pid_t pid_;
  const Group& group_;
  UniqueFd exit_;
  int status_ = 0;
};

/// posix_spawn()'s two bundles of settings, with their lives.
class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

std::string_view name_in(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

/// Our environment with the changes.
std::vector<std::string> environment_with(const std::vector<std::string>& changes) {
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const bool changed = std::ranges::any_of(
        changes, [&](const std::string& change) { return name_in(change) == name_in(*variable); });
    if (!changed) result.emplace_back(*variable);
  }
  for (const std::string& change : changes) {
    if (change.contains('=')) result.push_back(change);
  }
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

Result<pid_t> spawn(const Command& command, const Group& group, int out, int err) {
  SpawnSettings settings;
  ::posix_spawn_file_actions_addopen(&settings.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&settings.actions, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&settings.actions, err, STDERR_FILENO);
  if (!command.directory.empty()) {
    ::posix_spawn_file_actions_addchdir_np(&settings.actions, command.directory.c_str());
  }
  // Signals that we ignore or block would stay so in the command.
  sigset_t signals;
  ::sigemptyset(&signals);
  ::posix_spawnattr_setsigmask(&settings.attributes, &signals);
  ::sigfillset(&signals);
  ::posix_spawnattr_setsigdefault(&settings.attributes, &signals);
  ::posix_spawnattr_setpgroup(&settings.attributes, group.id());
  ::posix_spawnattr_setflags(
      &settings.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> words = command.words;
  std::vector<std::string> environment = environment_with(command.environment);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, words[0].c_str(), &settings.actions, &settings.attributes,
                                   pointers(words).data(), pointers(environment).data());
  if (error != 0) {
    const std::string where =
        command.directory.empty() ? "" : fmt::format(" in {}", quoted(command.directory));
    return std::unexpected(
        system_error(error, fmt::format("cannot run {}{}", quoted(words[0]), where)));
  }
  return pid;
}

/// Takes what a pipe has to give now. The first `limit` bytes are kept, the rest is dropped, so
/// that a talkative command is not held up. False at the end of the pipe.
bool drain(int fd, std::string& into, std::size_t limit, bool& overflowed) {
  char block[64 << 10];
  for (;;) {
    const ssize_t got = ::read(fd, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    const auto size = static_cast<std::size_t>(got);
    const std::size_t kept = std::min(size, limit - into.size());
    into.append(block, kept);
    overflowed = overflowed || kept < size;
    if (overflowed) return true;
  }
}

struct Output {
  std::string out;
  std::string err;
  bool too_much = false;
  bool late = false;
  bool stopped = false;
};

/// Collects until the child ends. Those it left behind may hold the pipes open for longer.
Output collect(const Child& child, int out, int err, const CommandLimits& limits) {
  const auto deadline = Clock::now() + limits.time;
  Output result;
  bool err_overflowed = false;
  std::array<pollfd, 3> events{pollfd{out, POLLIN, 0}, pollfd{err, POLLIN, 0},
                               pollfd{child.exit_fd(), POLLIN, 0}};
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) {
      result.late = true;
      return result;
    }
    if (limits.stop != nullptr && *limits.stop) {
      result.stopped = true;
      return result;
    }
    const int timeout =
        static_cast<int>(std::min<long long>(left, limits.stop != nullptr ? kStopPollMs : 60'000));
    if (::poll(events.data(), events.size(), timeout) < 0 && errno != EINTR) return result;
    const bool ended = events[2].revents != 0;
    if (!drain(out, result.out, limits.output_bytes, result.too_much)) events[0].fd = -1;
    if (!drain(err, result.err, kMaxComplaintBytes, err_overflowed)) events[1].fd = -1;
    if (ended || result.too_much) return result;
  }
}

std::string complaint(const std::string& err) {
  const std::string_view text = trimmed(err);
  return text.empty() ? "" : fmt::format("; it said {}", quoted(text, 300));
}

}  // namespace

Result<std::string> run_command(const Command& command, const CommandLimits& limits) {
  LOCKSTEP_TRY(Pipe out, make_pipe());
  LOCKSTEP_TRY(Pipe err, make_pipe());
  LOCKSTEP_TRY(const Group group, Group::begin());
  LOCKSTEP_TRY(const pid_t pid, spawn(command, group, out.write.get(), err.write.get()));
  Child child(pid, group);
  out.write = UniqueFd();
  err.write = UniqueFd();
  Output output = collect(child, out.read.get(), err.read.get(), limits);
  const int status = child.end();
  const std::string what = fmt::format("the command {}", quoted(command.name, 200));
  if (output.late) {
    return fail(ErrorKind::unavailable, fmt::format("{} did not end within {} ms{}", what,
                                                    limits.time.count(), complaint(output.err)));
  }
  if (output.stopped) return fail(ErrorKind::unavailable, what + " was stopped");
  if (output.too_much) {
    return fail(ErrorKind::invalid, fmt::format("{} wrote more than {} bytes", what,
                                                with_thousands(limits.output_bytes)));
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return fail(ErrorKind::unavailable,
                fmt::format("{} ended with {} {}{}", what, WIFEXITED(status) ? "status" : "signal",
                            WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
                            complaint(output.err)));
  }
  return std::move(output.out);
}

}  // namespace lockstep
