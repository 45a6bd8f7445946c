// The wide host's daemon: listens on every "ADDRESS PORT" pair of its standard input, one pair a
// line, prints "ready" when all of them listen, and then accepts and closes, for ever.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>

namespace {

constexpr int kBacklog = 1024;

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "lab_listeners: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

// A socket a pair: ask for as many descriptors as this user may have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) give_up("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) give_up("setrlimit");
}

int listen_on(const std::string& address, std::uint16_t port) {
  const std::string where = address + " port " + std::to_string(port);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &name.sin_addr) != 1) {
    errno = EINVAL;
    give_up(where);
  }
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) give_up("socket for " + where);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, std::bit_cast<sockaddr*>(&name), sizeof name) != 0) give_up("bind to " + where);
  if (listen(fd, kBacklog) != 0) give_up("listen on " + where);
  return fd;
}

void listen_on_all(std::istream& pairs, int epoll) {
  std::string address;
  std::uint16_t port = 0;
  while (pairs >> address >> port) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = listen_on(address, port);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event) != 0) give_up("epoll_ctl");
  }
  if (!pairs.eof()) {
    errno = EINVAL;
    give_up("a line is not \"ADDRESS PORT\"");
  }
}

void close_all_callers(int listener) {
  for (;;) {
    const int caller = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (caller >= 0) {
      close(caller);
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

}  // namespace

int main() {
  raise_descriptor_limit();
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) give_up("epoll_create1");
  listen_on_all(std::cin, epoll);
  std::puts("ready");
  std::fflush(stdout);
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = epoll_wait(epoll, events.data(), events.size(), -1);
    if (count < 0 && errno != EINTR) give_up("epoll_wait");
    for (int i = 0; i < count; ++i) close_all_callers(events[static_cast<std::size_t>(i)].data.fd);
  }
}
