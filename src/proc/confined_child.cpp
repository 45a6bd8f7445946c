#include "proc/confined_child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>

#include "base/text.h"
#include "proc/capabilities.h"

namespace lockstep {
namespace {

constexpr int kExecFailed = 126;

/// What a child may still do about its own user; all else goes before exec, which with
/// PR_SET_NO_NEW_PRIVS gives nothing back, to root neither (capabilities(7)).
constexpr unsigned kKept = 1U << CAP_SETUID | 1U << CAP_SETGID;

/// Between fork and exec: nothing but system calls.
[[noreturn]] void become(int socket, int input, int null, char* const* arguments) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const bool ready =
      ::setpgid(0, 0) == 0 && ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
      ::dup2(null, STDIN_FILENO) >= 0 && ::dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 &&
      ::dup2(socket, kConfinedSocket) >= 0 && (input < 0 || ::dup2(input, kConfinedInput) >= 0) &&
      ::close_range(input < 0 ? kConfinedInput : kConfinedInput + 1, UINT_MAX, 0) == 0 &&
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && drop_capabilities_but(kKept);
  if (ready) ::execv(arguments[0], arguments);
  ::_exit(kExecFailed);
}

/// Not one of the numbers that the child puts something else at.
Result<UniqueFd> moved_up(int fd) {
  UniqueFd high(::fcntl(fd, F_DUPFD_CLOEXEC, kConfinedInput + 1));
  if (!high) return std::unexpected(system_error(errno, "make a descriptor"));
  return high;
}

}  // namespace

Result<ConfinedChild> ConfinedChild::start(const std::vector<std::string>& command, int input) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return std::unexpected(system_error(errno, "make a pair of sockets"));
  }
  UniqueFd ours(ends[0]);
  const UniqueFd other(ends[1]);
  LOCKSTEP_TRY(const UniqueFd its, moved_up(other.get()));
  UniqueFd given;
  if (input >= 0) {
    LOCKSTEP_TRY(given, moved_up(input));
  }
  const UniqueFd opened(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!opened) return std::unexpected(system_error(errno, "open /dev/null"));
  LOCKSTEP_TRY(const UniqueFd null, moved_up(opened.get()));
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(system_error(errno, "start a process"));
  if (pid == 0) become(its.get(), given.get(), null.get(), arguments.data());
  return ConfinedChild(pid, std::move(ours));
}

ConfinedChild::ConfinedChild(ConfinedChild&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), socket_(std::move(other.socket_)) {}

ConfinedChild& ConfinedChild::operator=(ConfinedChild&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(socket_, other.socket_);
  return *this;
}

ConfinedChild::~ConfinedChild() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<std::string> ConfinedChild::ended() {
  if (pid_ == 0) return "it was waited for";
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return {};
  pid_ = 0;
  if (WIFSIGNALED(status)) return fmt::format("killed by signal {}", WTERMSIG(status));
  if (WEXITSTATUS(status) == kExecFailed) return "it could not be started without rights";
  return fmt::format("ended with status {}", WEXITSTATUS(status));
}

}  // namespace lockstep
