// lockstep-pcp: started by Lockstep alone, as a process without rights (proc/confined_child.h), in
// which libpcp reads what nodes say. A program of its own, since it gives libpcp another connect()
// than libc's (borrowed_socket.h), and so that the program proper needs no libpcp.

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "base/unique_fd.h"
#include "collectors/pcp/pcp_worker.h"
#include "proc/confined_child.h"
#include "proc/lockdown.h"

namespace {

constexpr int kNoWork = 3;
/// Of 960 connections and 64 answers; what asks for more gets an error instead.
[[maybe_unused]] constexpr rlim_t kMostMemory = rlim_t{1} << 30;
/// Each arena reserves 64 MiB of it.
constexpr int kMostArenas = 4;
constexpr std::size_t kStackBytes = std::size_t{1} << 20;

}  // namespace

int main() {
  using namespace lockstep;
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(kConfinedSocket, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
      type != SOCK_SEQPACKET) {
    std::fputs("lockstep-pcp: Lockstep starts this program itself\n", stderr);
    return kNoWork;
  }
  ::mallopt(M_ARENA_MAX, kMostArenas);
#if !defined(LOCKSTEP_SANITIZED)  // a sanitizer reserves terabytes
  const rlimit memory{kMostMemory, kMostMemory};
  ::setrlimit(RLIMIT_AS, &memory);
#endif
  pthread_attr_t threads;
  ::pthread_attr_init(&threads);
  ::pthread_attr_setstacksize(&threads, kStackBytes);
  ::pthread_setattr_default_np(&threads);
  // A descriptor that finds no place is lost, and with it the order of what we are told.
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &descriptors);
  // What libpcp says of each bad peer, in its words and as often as the peer likes, nobody reads.
  const UniqueFd told(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, kConfinedInput + 1));
  if (const UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC)); nowhere) {
    ::dup2(nowhere.get(), STDOUT_FILENO);
    ::dup2(nowhere.get(), STDERR_FILENO);
  }
  const auto served = pcp::serve_questions(
      kConfinedSocket, {.give_up_rights = give_up_rights, .lock_down = lock_down});
  if (served) return 0;
  const std::string why = fmt::format("lockstep-pcp: {}\n", served.error().message());
  [[maybe_unused]] const ssize_t written = ::write(told.get(), why.data(), why.size());
  return kNoWork;
}
