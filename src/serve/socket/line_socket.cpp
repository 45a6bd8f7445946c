#include "serve/socket/line_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace lockstep::serve {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Whether `events` came before `deadline`.
bool wait_for(int fd, short events, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    pollfd poller{.fd = fd, .events = events, .revents = 0};
    const int ready = ::poll(&poller, 1, static_cast<int>(std::max(left, milliseconds(0)).count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace

Result<std::optional<std::string>> LineSocket::read(std::size_t most, milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  std::size_t searched = 0;
  while (true) {
    const std::size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return std::optional(std::move(line));
    }
    searched = buffer_.size();
    if (buffer_.size() > most) return fail(ErrorKind::invalid, "a line that is too long");
    if (!wait_for(socket_.get(), POLLIN, deadline)) {
      return fail(ErrorKind::unavailable, "nothing came in time");
    }
    char piece[16 << 10];
    const ssize_t size = ::recv(socket_.get(), piece, sizeof piece, MSG_DONTWAIT);
    if (size > 0) buffer_.append(piece, static_cast<std::size_t>(size));
    if (size == 0 || (size < 0 && errno == ECONNRESET)) return std::optional<std::string>();
    if (size < 0 && errno != EAGAIN && errno != EINTR) {
      return std::unexpected(system_error(errno, "read from the socket"));
    }
  }
}

Result<void> LineSocket::write(std::string_view line, milliseconds timeout) const {
  const auto deadline = Clock::now() + timeout;
  const std::string whole = std::string(line) + "\n";
  for (std::size_t sent = 0; sent < whole.size();) {
    const ssize_t size = ::send(socket_.get(), whole.data() + sent, whole.size() - sent,
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size > 0) {
      sent += static_cast<std::size_t>(size);
    } else if (size < 0 && errno != EAGAIN && errno != EINTR) {
      return std::unexpected(system_error(errno, "write to the socket"));
    } else if (!wait_for(socket_.get(), POLLOUT, deadline)) {
      return fail(ErrorKind::unavailable, "the other end takes nothing");
    }
  }
  return {};
}

}  // namespace lockstep::serve
