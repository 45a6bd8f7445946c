#include "scan/connection_pool.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "scan/socket_address.h"

namespace lockstep::scan {
namespace {

/// Ends whatever the socket does and leaves it fresh; a completed connection is reset (tcp(7),
/// AF_UNSPEC). False where the socket has to be opened anew.
bool disconnect(int fd) {
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  return ::connect(fd, &nobody, sizeof nobody) == 0;
}

/// A port of this machine's own ephemeral range can connect to itself: source and destination
/// coincide, and nobody listens there (simultaneous open, RFC 9293 section 3.5).
bool connected_to_itself(int fd) {
  sockaddr_storage mine{};
  sockaddr_storage theirs{};
  socklen_t mine_size = sizeof mine;
  socklen_t theirs_size = sizeof theirs;
  void* const mine_start = &mine;
  void* const theirs_start = &theirs;
  return ::getsockname(fd, static_cast<sockaddr*>(mine_start), &mine_size) == 0 &&
         ::getpeername(fd, static_cast<sockaddr*>(theirs_start), &theirs_size) == 0 &&
         mine_size == theirs_size && std::memcmp(&mine, &theirs, mine_size) == 0;
}

/// The kernel keeps an ICMP error that came while it was still busy with the SYN as a soft one, and
/// goes on trying; SO_ERROR tells of it.
int soft_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : 0;
}

/// What the outcome of connect() says of the port.
Answer answer_of(int error, int fd) {
  switch (error) {
    case 0:
    case EISCONN: return connected_to_itself(fd) ? Answer::closed : Answer::open;
    case ECONNRESET:  // connected, and reset before we looked
    case EPIPE: return Answer::open;
    default: return answer_of_error(error);
  }
}

ConnectOutcome overdue(const Probe& probe, int fd) {
  const int error = soft_error(fd);
  const bool refused_on_the_way = error != 0 && answer_of(error, fd) == Answer::unreachable;
  return {probe, refused_on_the_way ? Answer::unreachable : Answer::none,
          static_cast<std::uint32_t>(error == 0 ? ETIMEDOUT : error)};
}

}  // namespace

ConnectionPool::ConnectionPool(UniqueFd epoll, std::size_t size, std::chrono::nanoseconds timeout)
    : epoll_(std::move(epoll)), timeout_(timeout), slots_(size) {
  abandon();
}

Result<ConnectionPool> ConnectionPool::create(std::size_t size, std::chrono::nanoseconds timeout) {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return std::unexpected(system_error(errno, "epoll"));
  return ConnectionPool(std::move(epoll), size, timeout);
}

Result<void> ConnectionPool::open(Slot& slot, int family) {
  slot.fd = UniqueFd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!slot.fd) return std::unexpected(system_error(errno, "socket"));
  slot.family = family;
  // Whichever way a connection ends, it ends by RST: no TIME_WAIT here, no half-closed peer there.
  const linger reset{1, 0};
  ::setsockopt(slot.fd.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  return {};
}

Result<void> ConnectionPool::start(const Probe& probe, const IpAddress& address, TimePoint now) {
  const std::uint32_t index = idle_.back();
  Slot& slot = slots_[index];
  const int family = address.is_v4() ? AF_INET : AF_INET6;
  if (!slot.fd || slot.family != family) LOCKSTEP_CHECK(open(slot, family));
  const SocketAddress to = socket_address(address, probe.port);
  slot.error = ::connect(slot.fd.get(), to.get(), to.size) == 0 ? 0 : errno;
  if (slot.error == EADDRNOTAVAIL) return fail(ErrorKind::unavailable, "no source port is free");
  idle_.pop_back();
  slot.probe = probe;
  slot.address = address;
  slot.deadline = now + timeout_;
  ++slot.use;
  fresh_.push_back(index);
  return {};
}

void ConnectionPool::ask(Slot& slot) {
  const SocketAddress to = socket_address(slot.address, slot.probe.port);
  slot.error = ::connect(slot.fd.get(), to.get(), to.size) == 0 ? 0 : errno;
}

bool ConnectionPool::has_ended(Slot& slot, ConnectOutcome& outcome) {
  const int error = slot.error;
  if (error == EALREADY || error == EINPROGRESS) return false;
  outcome = {slot.probe, answer_of(error, slot.fd.get()), static_cast<std::uint32_t>(error)};
  // A refused or failed connect has left the socket fresh; a completed one is reset here.
  const bool fresh = error != 0 && error != EISCONN;
  if (!fresh && !disconnect(slot.fd.get())) slot.fd = UniqueFd();
  return true;
}

void ConnectionPool::finish(std::uint32_t index) {
  Slot& slot = slots_[index];
  if (slot.parked) {
    slot.parked = false;
    --parked_count_;
  }
  idle_.push_back(index);
}

/// The kernel's poll is armed only for the few that did not answer while their batch was sent.
void ConnectionPool::park(std::uint32_t index) {
  Slot& slot = slots_[index];
  epoll_event event{};
  event.events = EPOLLOUT | EPOLLONESHOT;
  event.data.u32 = index;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, slot.fd.get(), &event) != 0) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, slot.fd.get(), &event);
  }
  if (!slot.parked) {
    slot.parked = true;
    ++parked_count_;
    deadlines_.push_back({index, slot.use});
  }
}

void ConnectionPool::collect(TimePoint now, std::vector<ConnectOutcome>& outcomes) {
  collect_fresh(outcomes);
  if (parked_count_ > 0) collect_parked(outcomes);
  expire(now, outcomes);
}

void ConnectionPool::collect_fresh(std::vector<ConnectOutcome>& outcomes) {
  for (; !fresh_.empty(); fresh_.pop_front()) {
    const std::uint32_t index = fresh_.front();
    Slot& slot = slots_[index];
    ConnectOutcome outcome;
    // Asking where connect() itself has told would connect once more.
    if (slot.error == EINPROGRESS) ask(slot);
    if (has_ended(slot, outcome)) {
      outcomes.push_back(outcome);
      finish(index);
    } else {
      park(index);
    }
  }
}

void ConnectionPool::collect_parked(std::vector<ConnectOutcome>& outcomes) {
  std::array<epoll_event, 256> events;
  int count = 0;
  do {
    count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
      const std::uint32_t index = events[static_cast<std::size_t>(i)].data.u32;
      if (!slots_[index].parked) continue;
      ConnectOutcome outcome;
      ask(slots_[index]);
      if (has_ended(slots_[index], outcome)) {
        outcomes.push_back(outcome);
        finish(index);
      } else {
        park(index);
      }
    }
  } while (count == static_cast<int>(events.size()));
}

void ConnectionPool::expire(TimePoint now, std::vector<ConnectOutcome>& outcomes) {
  for (; !deadlines_.empty(); deadlines_.pop_front()) {
    const Deadline& first = deadlines_.front();
    Slot& slot = slots_[first.slot];
    const bool current = slot.parked && slot.use == first.use;
    if (current && slot.deadline > now) return;
    if (!current) continue;
    outcomes.push_back(overdue(slot.probe, slot.fd.get()));
    if (!disconnect(slot.fd.get())) slot.fd = UniqueFd();
    finish(first.slot);
  }
}

std::optional<TimePoint> ConnectionPool::next_deadline() const {
  if (deadlines_.empty()) return {};
  return slots_[deadlines_.front().slot].deadline;
}

void ConnectionPool::wait_until(TimePoint deadline, TimePoint now) {
  if (!fresh_.empty()) return;
  const TimePoint until = std::min(deadline, next_deadline().value_or(deadline));
  const auto left = std::max(until - now, std::chrono::nanoseconds(0));
  const timespec timeout{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
  epoll_event event{};
  if (::epoll_pwait2(epoll_.get(), &event, 1, &timeout, nullptr) != 1) return;
  // A one-shot event that is reported here is armed again, so that collect() finds it.
  if (slots_[event.data.u32].parked) park(event.data.u32);
}

void ConnectionPool::abandon() {
  idle_.clear();
  for (std::size_t i = slots_.size(); i-- > 0;) {
    slots_[i].fd = UniqueFd();
    slots_[i].parked = false;
    idle_.push_back(static_cast<std::uint32_t>(i));
  }
  fresh_.clear();
  deadlines_.clear();
  parked_count_ = 0;
}

}  // namespace lockstep::scan
