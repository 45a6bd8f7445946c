#include "sender/channel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>

#include "sender/launcher.h"

namespace lockstep::sender {
namespace {

constexpr int kExecFailed = 126;

union Control {
  cmsghdr head;
  std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> bytes;
};

void take_descriptors(msghdr& message, std::vector<UniqueFd>& into) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      into.emplace_back(fd);
    }
  }
}

/// Between fork and exec: nothing but system calls.
[[noreturn]] void become(int socket, int null, pid_t parent, char* const* arguments) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const bool ready = ::setpgid(0, 0) == 0 && ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
                     ::getppid() == parent && ::dup2(null, STDIN_FILENO) >= 0 &&
                     ::dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 && ::dup2(socket, kSocket) >= 0 &&
                     ::close_range(kSocket + 1, UINT_MAX, 0) == 0;
  if (ready) ::execv(arguments[0], arguments);
  ::_exit(kExecFailed);
}

/// Not one of the numbers that the child puts something else at.
Result<UniqueFd> moved_up(int fd) {
  UniqueFd high(::fcntl(fd, F_DUPFD_CLOEXEC, kSocket + 1));
  if (!high) return std::unexpected(system_error(errno, "make a descriptor"));
  return high;
}

}  // namespace

Result<Pair> make_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return std::unexpected(system_error(errno, "make a pair of sockets"));
  }
  return Pair{.ours = UniqueFd(ends[0]), .theirs = UniqueFd(ends[1])};
}

Result<void> send(int socket, std::string_view text, std::span<const int> descriptors) {
  text = text.substr(0, kMostMessageBytes);
  iovec part{const_cast<char*>(text.data()), text.size()};  // only ever read
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    const std::size_t bytes = descriptors.size_bytes();
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* const rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(rights), descriptors.data(), bytes);
  }
  while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return std::unexpected(system_error(errno, "send to another process"));
  }
  return {};
}

Result<std::optional<Message>> receive(int socket,
                                       std::optional<std::chrono::milliseconds> patience) {
  pollfd waiting{socket, POLLIN, 0};
  const int ready = ::poll(&waiting, 1, patience ? static_cast<int>(patience->count()) : -1);
  if (ready == 0 || (ready < 0 && errno == EINTR)) return std::nullopt;
  std::array<char, kMostMessageBytes> buffer;
  iovec part{buffer.data(), buffer.size()};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  // Who ends with messages of ours unread resets the connection, which the kernel tells once, and
  // before what was said last.
  ssize_t size = 0;
  int resets = 0;
  do {
    size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (size < 0 && (errno == EINTR || (errno == ECONNRESET && resets++ < 3)));
  if (size < 0 && errno == EAGAIN) return std::nullopt;
  if (size < 0) return std::unexpected(system_error(errno, "receive from another process"));
  Message result;
  take_descriptors(message, result.descriptors);
  if (size == 0) return fail(ErrorKind::unavailable, "the other process has ended");
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return fail(ErrorKind::corrupt, "another process sent more than a message holds");
  }
  result.text.assign(buffer.data(), static_cast<std::size_t>(size));
  return result;
}

Result<Started> start(const std::vector<std::string>& command) {
  LOCKSTEP_TRY(Pair pair, make_pair());
  LOCKSTEP_TRY(const UniqueFd theirs, moved_up(pair.theirs.get()));
  const UniqueFd opened(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!opened) return std::unexpected(system_error(errno, "open /dev/null"));
  LOCKSTEP_TRY(const UniqueFd null, moved_up(opened.get()));
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(system_error(errno, "start a process"));
  if (pid == 0) become(theirs.get(), null.get(), parent, arguments.data());
  return Started{.pid = pid, .socket = std::move(pair.ours)};
}

void live_with_parent() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) std::signal(signal, SIG_IGN);
  // The kernel forgets it where the program's file has capabilities.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

}  // namespace lockstep::sender
