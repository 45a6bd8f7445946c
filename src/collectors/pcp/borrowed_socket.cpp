#include "collectors/pcp/borrowed_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <utility>

namespace lockstep::pcp {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Of a PDU: length, with the header; type; sender.
constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kLengthBytes = 4;

thread_local Exchange* current_exchange = nullptr;

}  // namespace

Exchange::Exchange(int connected, steady_clock::time_point end, std::size_t most_bytes)
    : connected_(connected), end_(end), room_(most_bytes) {
  current_exchange = this;
}

Exchange::~Exchange() {
  current_exchange = nullptr;
}

Exchange* Exchange::current() {
  return current_exchange;
}

int Exchange::give_away() {
  return std::exchange(connected_, -1);
}

int Exchange::wait(int descriptor, short events, milliseconds most) {
  pollfd polled{descriptor, events, 0};
  for (;;) {
    // Rounded up: a wait of 0 would be a loop.
    const auto rest = std::chrono::ceil<milliseconds>(end_ - steady_clock::now());
    if (rest <= milliseconds(0)) break;
    const int ready = ::poll(&polled, 1, static_cast<int>(std::min(rest, most).count()));
    if (ready > 0 || (ready < 0 && errno != EINTR)) return ready;
    if (ready == 0 && most < rest) return 0;
  }
  late_ = true;
  return 0;
}

long Exchange::receive(int descriptor, void* buffer, std::size_t size, int flags) {
  if (room_ == 0) {
    too_much_ = true;
    errno = ECONNRESET;
    return -1;
  }
  const long got = ::recvfrom(descriptor, buffer, std::min(size, room_), flags, nullptr, nullptr);
  if (got <= 0) return got;
  room_ -= static_cast<std::size_t>(got);
  if (is_wrong({static_cast<const std::byte*>(buffer), static_cast<std::size_t>(got)})) {
    wrong_ = true;
    room_ = 0;
    errno = ECONNRESET;
    return -1;
  }
  return got;
}

bool Exchange::is_wrong(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (body_left_ > 0) {
      const std::size_t taken = std::min(body_left_, bytes.size());
      body_left_ -= taken;
      bytes = bytes.subspan(taken);
      continue;
    }
    if (header_size_ < kLengthBytes) {
      length_ = length_ << 8 | std::to_integer<std::uint32_t>(bytes.front());
    }
    bytes = bytes.subspan(1);
    if (++header_size_ < kHeaderBytes) continue;
    if (length_ < kHeaderBytes || length_ > kMostPduBytes) return true;
    body_left_ = length_ - kHeaderBytes;
    header_size_ = 0;
    length_ = 0;
  }
  return false;
}

}  // namespace lockstep::pcp

// What libpcp calls. Errors and results are those of the calls whose names they have.
extern "C" {

int socket(int /*domain*/, int /*type*/, int /*protocol*/) {
  lockstep::pcp::Exchange* const exchange = lockstep::pcp::Exchange::current();
  const int given = exchange == nullptr ? -1 : exchange->give_away();
  if (given < 0) errno = EACCES;
  return given;
}

// Whatever has a socket has a connected one.
int connect(int /*descriptor*/, const sockaddr* /*address*/, socklen_t /*size*/) {
  if (lockstep::pcp::Exchange::current() != nullptr) return 0;
  errno = EACCES;
  return -1;
}

// libpcp waits for one descriptor at a time.
int select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* most) {
  lockstep::pcp::Exchange* const exchange = lockstep::pcp::Exchange::current();
  int found = -1;
  bool writes = false;
  for (int fd = 0; fd < count && found < 0; ++fd) {
    writes = writable != nullptr && FD_ISSET(fd, writable);
    if (writes || (readable != nullptr && FD_ISSET(fd, readable))) found = fd;
  }
  if (exchange == nullptr || found < 0) {
    errno = EBADF;
    return -1;
  }
  using std::chrono::milliseconds;
  milliseconds patience = milliseconds::max();
  if (most != nullptr) {
    patience = std::chrono::seconds(most->tv_sec) + milliseconds((most->tv_usec + 999) / 1000);
  }
  const int ready = exchange->wait(found, writes ? POLLOUT : POLLIN, patience);
  for (fd_set* const set : {readable, writable, exceptional}) {
    if (set != nullptr) FD_ZERO(set);
  }
  if (ready > 0) FD_SET(found, writes ? writable : readable);
  return ready;
}

ssize_t recv(int descriptor, void* buffer, size_t size, int flags) {
  lockstep::pcp::Exchange* const exchange = lockstep::pcp::Exchange::current();
  if (exchange != nullptr) return exchange->receive(descriptor, buffer, size, flags);
  errno = EACCES;
  return -1;
}

// Outside of an exchange it is somebody else who closes.
int close(int descriptor) {
  if (lockstep::pcp::Exchange::current() != nullptr) return 0;
  return static_cast<int>(::syscall(SYS_close, descriptor));
}

// Linger and no delay are no matter to a pair of sockets within this machine.
int setsockopt(int descriptor, int level, int option, const void* value, socklen_t size) {
  const long set = ::syscall(SYS_setsockopt, descriptor, level, option, value, size);
  return set < 0 && errno == EOPNOTSUPP ? 0 : static_cast<int>(set);
}

// Of a socket that is ours nobody need ask whether it stays open over exec.
int fcntl(int descriptor, int command, ...) {
  if (command == F_GETFD) return FD_CLOEXEC;
  va_list arguments;
  va_start(arguments, command);
  const long argument = va_arg(arguments, long);
  va_end(arguments);
  return static_cast<int>(::syscall(SYS_fcntl, descriptor, command, argument));
}
}
